import { type Test, test } from 'tap';
import {
  DependencyAdded,
  type Dependencies,
  type DependencyEdge,
  DependencyRemoved,
  dependencyStream,
  noDependencies,
} from '../../events/dependency.ts';
import { findCircle, findCircles } from '../../policies/wait-graph.ts';
import { type Chance, startChance } from '../hardening/random.ts';
import { edgeOf, projectId } from '../support/work.ts';

function fold(graph: Dependencies | undefined, type: string, edge: DependencyEdge): Dependencies {
  const stream = { type: 'dependency', id: projectId() };
  return dependencyStream.evolve(graph, { stream, version: 1, type, schema: 1, data: edge, actor: {} });
}

interface Plan {
  readonly epics: readonly string[];
  readonly stories: readonly string[];
}

/** The other way to say it: do everything that can be done, again and again, and see whether something is left. */
function canBeFinished({ epics, stories }: Plan, edges: readonly DependencyEdge[]): boolean {
  const done = new Set<string>();
  const needsOf = (number: string) => edges.filter(({ from }) => from.number === number).map(({ to }) => to.number);
  const startable = (epic: string) => needsOf(epic).every((needed) => done.has(needed));
  const storiesOf = (epic: string) => stories.filter((story) => story.startsWith(`${epic}.`));
  for (let size = -1; size !== done.size;) {
    size = done.size;
    for (const story of stories) {
      const [epic = ''] = story.split('.');
      if (startable(epic) && needsOf(story).every((needed) => done.has(needed))) done.add(story);
    }
    for (const epic of epics) {
      if (startable(epic) && storiesOf(epic).every((story) => done.has(story))) done.add(epic);
    }
  }
  return done.size === epics.length + stories.length;
}

function randomPlan(chance: Chance): Plan {
  const epics = Array.from({ length: 2 + chance.integer(4) }, (_, index) => String(index + 1));
  const stories = epics.flatMap((epic) =>
    Array.from({ length: chance.integer(4) }, (_, index) => `${epic}.${index + 1}`),
  );
  return { epics, stories };
}

function randomEdge(chance: Chance, plan: Plan, id: number): DependencyEdge | null {
  const ends = chance.integer(3) === 0 || plan.stories.length < 2 ? plan.epics : plan.stories;
  const [from, to] = [chance.pick(ends), chance.pick(ends)];
  return from === to ? null : edgeOf(id, from, to);
}

function growOne(t: Test, chance: Chance): { accepted: number; refused: number } {
  const plan = randomPlan(chance);
  let edges: DependencyEdge[] = [];
  let graph: Dependencies | undefined;
  const count = { accepted: 0, refused: 0 };
  for (let step = 0; step < 25; step += 1) {
    if (edges.length > 0 && chance.integer(6) === 0) {
      const gone = chance.pick(edges);
      edges = edges.filter((edge) => edge !== gone);
      graph = fold(graph, DependencyRemoved.type, gone);
      continue;
    }
    const edge = randomEdge(chance, plan, step);
    if (edge === null || edges.some(({ from, to }) => from.id === edge.from.id && to.id === edge.to.id)) continue;
    const finishable = canBeFinished(plan, [...edges, edge]);
    const circle = findCircle(graph ?? noDependencies, edge);
    if ((circle === null) !== finishable) {
      const all = [...edges, edge].map(({ from, to }) => `${from.number}>${to.number}`).join(' ');
      t.fail(`seed ${chance.seed}: ${all} is ${finishable ? '' : 'not '}finishable, but the circle is`, { circle });
    }
    count[finishable ? 'accepted' : 'refused'] += 1;
    if (!finishable) continue;
    edges.push(edge);
    graph = fold(graph, DependencyAdded.type, edge);
  }
  return count;
}

test('a dependency is refused exactly when the plan could never be finished with it', (t) => {
  const chance = startChance();
  t.comment(`seed ${chance.seed}`);
  const total = { accepted: 0, refused: 0 };
  for (let round = 0; round < 1_500; round += 1) {
    const { accepted, refused } = growOne(t, chance);
    total.accepted += accepted;
    total.refused += refused;
  }
  t.ok(total.accepted > 3_000 && total.refused > 3_000, JSON.stringify(total));
  t.end();
});

test('a circle that is named is really there: each member waits for the next', (t) => {
  const edges = [edgeOf(1, '2', '1'), edgeOf(2, '3', '2'), edgeOf(3, '1.2', '1.1')];
  const graph = edges.reduce<Dependencies | undefined>(
    (held, edge) => fold(held, DependencyAdded.type, edge),
    undefined,
  );
  const circle = findCircle(graph ?? noDependencies, edgeOf(4, '1.1', '3.2'));
  t.strictSame(
    circle?.map(({ number }) => number),
    ['1.1', '3.2', '3', '2', '1', '1.1'],
  );
  t.equal(findCircle(graph ?? noDependencies, edgeOf(5, '3.1', '1.2')), null);
  t.end();
});

/** One chain of stories through fifty epics that need each other: the longest walk of all. */
function largePlan(): { readonly graph: Dependencies; readonly edges: readonly DependencyEdge[] } {
  const ends: [string, string][] = [];
  for (let epic = 2; epic <= 50; epic += 1) {
    ends.push([String(epic), String(epic - 1)], [`${epic}.1`, `${epic - 1}.99`]);
  }
  for (let epic = 1; epic <= 50; epic += 1) {
    for (let story = 2; story <= 99; story += 1) ends.push([`${epic}.${story}`, `${epic}.${story - 1}`]);
  }
  const edges = ends.slice(0, 5_000).map(([from, to], id) => edgeOf(id, from, to));
  return { edges, graph: edges.reduce((held, edge) => fold(held, DependencyAdded.type, edge), noDependencies) };
}

test('a graph of 5,000 dependencies is searched and extended in milliseconds', (t) => {
  const folds = Array.from({ length: 3 }, () => {
    const begun = performance.now();
    largePlan();
    return performance.now() - begun;
  });
  const foldedMs = Math.min(...folds);
  const { graph } = largePlan();
  t.equal(graph.count, 4_998);
  // The first story of all would wait for the last one: the walk from there passes almost every edge.
  const edge = edgeOf(9_000, '1.1', '50.99');
  const times = Array.from({ length: 20 }, () => {
    const start = performance.now();
    t.ok(findCircle(graph, edge));
    return performance.now() - start;
  });
  const searchedMs = Math.min(...times);
  t.comment(`folded in ${foldedMs.toFixed(0)} ms, searched in ${searchedMs.toFixed(1)} ms`);
  // Ten times what was measured: it is to catch a quadratic walk, not a busy machine.
  t.ok(searchedMs < 50 && foldedMs < 1_000, `${foldedMs} ms to fold, ${searchedMs} ms to search`);
  t.end();
});

test('many dependencies at once hold circles exactly when the plan could never be finished with them', (t) => {
  const chance = startChance();
  t.comment(`seed ${chance.seed}`);
  const count = { finishable: 0, not: 0 };
  for (let round = 0; round < 1_500; round += 1) {
    const plan = randomPlan(chance);
    const drawn = Array.from({ length: 1 + chance.integer(12) }, (_, id) => randomEdge(chance, plan, id));
    const edges = drawn.filter((edge) => edge !== null);
    const graph = edges.reduce((held, edge) => fold(held, DependencyAdded.type, edge), noDependencies);
    const circles = findCircles(graph, edges, 100);
    const finishable = canBeFinished(plan, edges);
    count[finishable ? 'finishable' : 'not'] += 1;
    const all = edges.map(({ from, to }) => `${from.number}>${to.number}`).join(' ');
    if ((circles.length === 0) !== finishable) t.fail(`seed ${chance.seed}: ${all}`, { circles });
    for (const { edge, circle } of circles) {
      const right = circle.length > 2 && circle[0]?.id === edge.from.id && circle.at(-1)?.id === edge.from.id;
      if (!right || !edges.includes(edge)) t.fail(`seed ${chance.seed}: ${all} names a wrong circle`, { edge, circle });
    }
  }
  t.ok(count.finishable > 300 && count.not > 300, JSON.stringify(count));
  t.end();
});

test('the circles of a plan of 5,000 dependencies are found in milliseconds', (t) => {
  const { graph, edges } = largePlan();
  const times = Array.from({ length: 3 }, () => {
    const begun = performance.now();
    t.strictSame(findCircles(graph, edges, 100), []);
    return performance.now() - begun;
  });
  const tookMs = Math.min(...times);
  t.ok(tookMs < 500, `${tookMs} ms`);
  t.end();
});
