// Import of a plan in one commit: takes its items in turn, rehearses the commands that they amount to, and gathers faults.
import { canonicalJson } from '../kernel/canonical.ts';
import type { CommandDefinition, World } from '../kernel/command.ts';
import { entryFits } from '../kernel/entry-size.ts';
import type { NewEvent } from '../kernel/event.ts';
import { Rehearsal } from '../kernel/rehearsal.ts';
import { Refusal, type RefusalField } from '../kernel/refusal.ts';
import { record } from '../kernel/stream.ts';
import { DependencyAdded, type DependencyEdge, type DependencyLevel, dependencyStream } from '../events/dependency.ts';
import { epicStream } from '../events/epic.ts';
import { storyStream } from '../events/story.ts';
import { dependenciesOf, dependencyRules, refuseCircle } from '../policies/dependency.ts';
import {
  assumeNumbers,
  findOrphans,
  numbersOfProject,
  planFaults,
  planLimits,
  type PlanNumbers,
  planRefusals,
  planRules,
} from '../policies/plan.ts';
import { openProject } from '../policies/project.ts';
import { requireRole } from '../policies/role.ts';
import { findCircles } from '../policies/wait-graph.ts';
import type { DraftedNeed, ImportPlan, ImportReport, PlanCommands, PlannedEpic, PlannedStory, Tally } from './plan.ts';

export function makeImportPlan(commands: PlanCommands): CommandDefinition<ImportPlan> {
  return {
    name: 'ImportPlan',
    subject: ({ project_id }) => ({ type: 'project', id: project_id }),
    authorize(_command, world) {
      requireRole(planRules.import, world.actor);
      requireRole(dependencyRules.add, world.actor);
    },
    decide(command, world) {
      openProject(world, command.project_id);
      requireStoryLimit(command);
      const numbers = world.lookup(numbersOfProject, command.project_id);
      askForNamed(command, numbers, world);
      const importing = new Importing(commands, command, { world, numbers });
      importing.run();
      return { events: command.dry_run ? [] : importing.events, report: importing.report() };
    },
  };
}

function requireStoryLimit({ plan }: ImportPlan): void {
  const stories = plan.epics.reduce((sum, epic) => sum + (epic.stories?.length ?? 0), 0);
  if (stories <= planLimits.stories) return;
  throw planRefusals.refuse('plan_too_many_stories', `The plan has ${stories} stories.`);
}

/** All that the plan names and the project has, asked for at once and before any work is done. */
function askForNamed({ project_id, plan }: ImportPlan, numbers: PlanNumbers, world: World): void {
  const ids = { epic: new Set<string>(), story: new Set<string>() };
  const name = (number: string | number | undefined): void => {
    const text = String(number);
    const held = numbers.get(text);
    if (held === undefined || held.deleted) return;
    ids[text.includes('.') ? 'story' : 'epic'].add(held.id);
    if (text.includes('.')) name(text.split('.')[0]);
  };
  for (const epic of plan.epics) {
    for (const number of [epic.number, ...(epic.needs ?? [])]) name(number);
    for (const story of epic.stories ?? []) for (const number of [story.number, ...(story.needs ?? [])]) name(number);
  }
  world.findAll(epicStream, [...ids.epic]);
  world.findAll(storyStream, [...ids.story]);
  world.find(dependencyStream, project_id);
}

/** An item of the plan with its place in it and, once that is settled, its id. */
interface Placed<Item> {
  readonly item: Item;
  readonly pointer: string;
  readonly level: DependencyLevel;
  id: string | null;
}

interface Ground {
  readonly world: World;
  readonly numbers: PlanNumbers;
}

class Importing {
  private readonly commands: PlanCommands;
  private readonly command: ImportPlan;
  private readonly ground: Ground;
  private readonly rehearsal: Rehearsal;
  private readonly faults: RefusalField[] = [];
  private readonly keys = { epic: new Map<string, string>(), story: new Map<string, string>() };
  private readonly seen = new Set<string>();
  private readonly created: ImportReport['created'][number][] = [];
  private readonly tally = { epic: emptyTally(), story: emptyTally() };
  /** Of each new edge, the place in the plan that asks for it. */
  private readonly edges = new Map<DependencyEdge, string>();
  private knownEdges = 0;

  constructor(commands: PlanCommands, command: ImportPlan, ground: Ground) {
    this.commands = commands;
    this.command = command;
    this.ground = ground;
    const assume = assumeNumbers(ground.numbers);
    this.rehearsal = new Rehearsal(ground.world, [epicStream, storyStream, dependencyStream], assume);
  }

  get events(): readonly NewEvent[] {
    return this.rehearsal.events;
  }

  run(): void {
    const epics = placesOf(this.command.plan.epics, '/epics', 'epic');
    for (const epic of numberedFirst(epics)) this.attempt(epic.pointer, () => this.takeEpic(epic));
    const stories = epics.flatMap((epic) => this.takeStories(epic));
    for (const item of [...epics, ...stories]) this.takeNeeds(item);
    this.refuseCircles();
    if (this.faults.length > 0) throw this.refusal();
  }

  report(): ImportReport {
    const { project_id, mode, dry_run } = this.command;
    const { epic: epics, story: stories } = this.tally;
    const dependencies = { added: this.edges.size, unchanged: this.knownEdges };
    const orphans = findOrphans(mode === 'merge' ? this.ground.numbers : null, this.seen);
    return { project_id, mode, dry_run, epics, stories, dependencies, created: this.created, orphans };
  }

  private takeEpic(place: Placed<PlannedEpic>): void {
    const { project_id } = this.command;
    const { number, title, description } = place.item;
    const fields = { title, ...(description === undefined ? {} : { description }) };
    const known = this.matched(place, number);
    if (known !== null) {
      this.rehearse(place, known, () =>
        this.rehearsal.run(this.commands.changeEpic, { epic_id: known, changes: fields }),
      );
      return;
    }
    const epic_id = this.ground.world.newId();
    const command = { epic_id, project_id, ...fields, ...(number === undefined ? {} : { number }) };
    this.rehearse(place, epic_id, () => this.rehearsal.run(this.commands.createEpic, command));
  }

  private takeStories(epic: Placed<PlannedEpic>): Placed<PlannedStory>[] {
    const epicId = epic.id;
    if (epicId === null) return [];
    const stories = placesOf(epic.item.stories ?? [], `${epic.pointer}/stories`, 'story');
    const owner = this.rehearsal.world.find(epicStream, epicId)?.state;
    for (const story of numberedFirst(stories)) {
      this.attempt(story.pointer, () => this.takeStory(story, epicId, `${owner?.number}.`));
    }
    return stories;
  }

  private takeStory(place: Placed<PlannedStory>, epic_id: string, prefix: string): void {
    const { key: _key, needs: _needs, ...fields } = place.item;
    const known = fields.number?.startsWith(prefix) === true ? this.matched(place, fields.number) : null;
    if (known === null) {
      const story_id = this.ground.world.newId();
      this.rehearse(place, story_id, () =>
        this.rehearsal.run(this.commands.createStory, { ...fields, story_id, epic_id }),
      );
      return;
    }
    const { number: _number, criteria, ...changes } = fields;
    this.rehearse(place, known, () => [
      ...this.rehearsal.run(this.commands.changeStory, { story_id: known, changes }),
      ...(criteria === undefined
        ? []
        : this.rehearsal.run(this.commands.reviseCriteria, { story_id: known, criteria })),
    ]);
  }

  /** What the project has under the number already, in a merge. A creation under it is refused by its own command. */
  private matched(place: Placed<unknown>, number: string | number | undefined): string | null {
    if (number === undefined) return null;
    if (this.seen.has(String(number))) {
      throw fault(`${place.pointer}/number`, planFaults.repeated, `Another item of the plan has the number ${number}.`);
    }
    this.seen.add(String(number));
    const held = this.command.mode === 'merge' ? this.ground.numbers.get(String(number)) : undefined;
    return held === undefined || held.deleted ? null : held.id;
  }

  private rehearse(place: Placed<{ readonly key?: string }>, id: string, act: () => readonly NewEvent[]): void {
    const { level, pointer, item } = place;
    const { key } = item;
    if (key !== undefined && this.keys[level].has(key)) {
      throw fault(`${pointer}/key`, planFaults.repeated, `Another ${level} of the plan has the key ${key}.`);
    }
    const events = act();
    if (!events.every(fits))
      throw fault(pointer, planFaults.large, 'The item is larger than an entry of the log may be (63 KiB).');
    place.id = id;
    if (key !== undefined) this.keys[level].set(key, id);
    const [first] = events;
    const tally = this.tally[level];
    if (first === undefined) tally.unchanged += 1;
    else if (!first.type.endsWith('.created')) tally.changed += 1;
    else {
      tally.created += 1;
      const number = `${first.data['number'] as string | number}`;
      this.created.push({ level, id, number, ...(key === undefined ? {} : { key }) });
    }
  }

  private takeNeeds({ item, pointer, level, id }: Placed<PlannedEpic | PlannedStory>): void {
    const { project_id } = this.command;
    for (const [at, need] of (item.needs ?? []).entries()) {
      if (id === null) return;
      const place = `${pointer}/needs/${at}`;
      this.attempt(place, () => {
        const needs_id = this.resolve(level, need);
        if (needs_id === null) throw fault(place, planFaults.unknown, `There is no ${level} ${need}.`);
        this.takeNeed({ dependency_id: this.ground.world.newId(), project_id, level, from_id: id, needs_id }, place);
      });
    }
  }

  private takeNeed(need: DraftedNeed, place: string): void {
    const { world } = this.rehearsal;
    const { project_id, from_id, needs_id } = need;
    const known = dependenciesOf(world, project_id).needs.get(from_id) ?? [];
    if (known.some(({ to }) => to.id === needs_id)) {
      this.knownEdges += 1;
      return;
    }
    const edge = this.commands.draftDependency(need, world);
    this.rehearsal.stage(record(DependencyAdded, { type: 'dependency', id: project_id }, edge, project_id));
    this.edges.set(edge, place);
  }

  private resolve(level: DependencyLevel, need: string | number): string | null {
    if (typeof need === 'string' && need.startsWith('#')) return this.keys[level].get(need) ?? null;
    const held = this.rehearsal.world.lookup(numbersOfProject, this.command.project_id).get(String(need));
    return held === undefined || held.deleted ? null : held.id;
  }

  private refuseCircles(): void {
    const graph = dependenciesOf(this.rehearsal.world, this.command.project_id);
    for (const { edge, circle } of findCircles(graph, [...this.edges.keys()], planLimits.faults)) {
      this.attempt(this.edges.get(edge) ?? '', () => {
        throw refuseCircle(edge, circle);
      });
    }
  }

  /** A refusal of one item is a fault of the plan; the others are looked at all the same. */
  private attempt(pointer: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.faults.push(error.extra.errors?.[0] ?? { pointer, code: error.code, detail: error.message });
      if (this.faults.length >= planLimits.faults) throw this.refusal();
    }
  }

  private refusal(): Refusal {
    const { faults } = this;
    const counted = faults.length < planLimits.faults ? `${faults.length}` : `${faults.length} or more`;
    return planRefusals.refuse('plan_faulty', `The plan has ${counted} faults; nothing was imported.`, {
      errors: faults,
    });
  }
}

function emptyTally(): Tally {
  return { created: 0, changed: 0, unchanged: 0 };
}

function placesOf<Item>(items: readonly Item[], pointer: string, level: DependencyLevel): Placed<Item>[] {
  return items.map((item, at) => ({ item, pointer: `${pointer}/${at}`, level, id: null }));
}

/** So that no number is given to an item without one that a later item asks for. */
function numberedFirst<Item extends { readonly number?: unknown }>(places: readonly Placed<Item>[]): Placed<Item>[] {
  const [numbered, free] = [true, false].map((wanted) =>
    places.filter(({ item }) => (item.number !== undefined) === wanted),
  );
  return [...(numbered ?? []), ...(free ?? [])];
}

function fault(pointer: string, code: string, detail: string): Refusal {
  return planRefusals.refuse('plan_faulty', detail, { errors: [{ pointer, code, detail }] });
}

/** Far more than any text that takes less room than an entry has. */
const surelyFits = 10_000;

function fits({ data }: NewEvent): boolean {
  return JSON.stringify(data).length <= surelyFits || entryFits(canonicalJson(data));
}
