import { test } from 'tap';
import { importPlan } from '../../commands/index.ts';
import type { ImportPlan, ImportReport } from '../../commands/plan.ts';
import { StoryChanged, StoryCriteriaRevised, StoryDeleted } from '../../events/story.ts';
import type { NewEvent } from '../../kernel/event.ts';
import { record } from '../../kernel/stream.ts';
import { given } from '../support/given.ts';
import {
  dependencyAdded,
  edgeOf,
  epicArchived,
  epicId,
  plan as madePlan,
  projectArchived,
  projectCreated,
  projectId,
  storyArchived,
  storyRef,
} from '../support/work.ts';

type Plan = ImportPlan['plan'];

function importing(epics: Plan['epics'], told: Partial<ImportPlan> = {}): ImportPlan {
  return { project_id: projectId(), mode: 'create', dry_run: false, plan: { epics }, ...told };
}

const merging = (epics: Plan['epics']): ImportPlan => importing(epics, { mode: 'merge' });

const launch = {
  key: '#launch',
  title: 'Launch',
  stories: [
    { key: '#pad', title: 'Build the pad', needs: [] },
    { title: 'Lift off', priority: 0, needs: ['#pad'], criteria: [{ text: 'it flies', binding: null }] },
  ],
};
const land = { title: 'Land', needs: ['#launch'], stories: [{ title: 'Touch down' }] };

/** What the refusal says of each place. */
function faultsOf(command: ImportPlan, ...history: readonly NewEvent[]): string[] {
  const decision = given(tapless, ...history).when(importPlan, command);
  return (decision.refusal?.extra.errors ?? []).map(({ pointer, code }) => `${pointer} ${code}`);
}

/** For decisions that are only looked at. */
const tapless = { strictSame: () => true, equal: () => true } as unknown as Parameters<typeof given>[0];

test('a plan becomes epics, stories and dependencies, each as its own command would make it', (t) => {
  const decision = given(t, projectCreated())
    .by('orchestrator')
    .when(importPlan, importing([launch, land]));
  t.strictSame(
    decision.events.map(({ type, data }) => [type, data['number']]),
    [
      ['epic.created', 1],
      ['epic.created', 2],
      ['story.created', '1.1'],
      ['story.created', '1.2'],
      ['story.created', '2.1'],
      ['dependency.added', undefined],
      ['dependency.added', undefined],
    ],
  );
  t.match(decision.events[3]?.data, { title: 'Lift off', priority: 0, criteria: [{ text: 'it flies' }] });
  t.match(decision.events[4]?.data, { title: 'Touch down', description: '', priority: 2, estimate: null });
  t.match(decision.events[5]?.data, { level: 'epic', from: { number: '2' }, to: { number: '1' } });
  t.match(decision.events[6]?.data, { level: 'story', from: { number: '1.2' }, to: { number: '1.1' } });
  t.match(decision.report, {
    epics: { created: 2, changed: 0, unchanged: 0 },
    stories: { created: 3 },
    dependencies: { added: 2, unchanged: 0 },
    created: [{ level: 'epic', number: '1', key: '#launch' }, { number: '2' }, { number: '1.1', key: '#pad' }, {}, {}],
  });
  t.end();
});

test('items without a number get numbers that no other item of the plan asks for', (t) => {
  const stories = [{ title: 'a' }, { title: 'b', number: '4.7' }, { title: 'c' }];
  const { events } = given(t, ...madePlan()).when(
    importPlan,
    importing([{ title: 'free' }, { title: 'taken', number: 4, stories }]),
  );
  t.strictSame(
    events.map(({ data }) => data['number']),
    [4, 5, '4.7', '4.8', '4.9'],
  );
  t.end();
});

test('a dry run decides everything and writes nothing', (t) => {
  const decision = given(t, projectCreated()).when(importPlan, importing([launch, land], { dry_run: true }));
  decision.thenEvents();
  t.match(decision.report, { dry_run: true, epics: { created: 2 }, stories: { created: 3 } });
  t.end();
});

test('a merge changes what differs, writes nothing for what is the same, and tells of orphans', (t) => {
  const stories = [
    { number: '1.1', title: 'Story 1.1', needs: ['1.2'] },
    { number: '1.2', title: 'Another title', criteria: [{ text: 'new', binding: null }] },
  ];
  const decision = given(t, ...madePlan(), dependencyAdded(edgeOf(1, '1.1', '1.2'))).when(
    importPlan,
    merging([{ number: 1, title: 'Epic 1', stories }]),
  );
  decision.thenEvents(
    record(StoryChanged, storyRef('1.2'), { title: 'Another title' }, projectId()),
    record(
      StoryCriteriaRevised,
      storyRef('1.2'),
      { revision: 2, criteria: [{ text: 'new', binding: null }] },
      projectId(),
    ),
  );
  const { epics, stories: told, dependencies, orphans } = decision.report as ImportReport;
  t.strictSame([epics.unchanged, told.unchanged, told.changed, dependencies], [1, 1, 1, { added: 0, unchanged: 1 }]);
  t.strictSame(orphans, { epics: 2, stories: 7, numbers: ['1.3', '2', '2.1', '2.2', '2.3', '3', '3.1', '3.2', '3.3'] });
  t.end();
});

test('the plan that a project has changes nothing when it is merged', (t) => {
  const epics = [1, 2, 3].map((number) => ({
    number,
    title: `Epic ${number}`,
    stories: [1, 2, 3].map((n) => ({ number: `${number}.${n}`, title: `Story ${number}.${n}`, criteria: [] })),
  }));
  given(t, ...madePlan())
    .when(importPlan, merging(epics))
    .thenEvents();
  t.end();
});

test('needs are met by what the project has', (t) => {
  const { events } = given(t, ...madePlan()).when(
    importPlan,
    importing([{ title: 'Return', needs: [3], stories: [{ title: 'Burn', needs: ['2.1'] }] }]),
  );
  t.match(events[2]?.data, { level: 'epic', from: { number: '4' }, to: { id: epicId(3), number: '3' } });
  t.match(events[3]?.data, { level: 'story', from: { number: '4.1' }, to: { number: '2.1' } });
  t.end();
});

test('every fault is told with its place, and nothing is written', (t) => {
  const epics = [
    { number: 1, title: 'taken' },
    {
      number: 7,
      key: '#a',
      title: 'right',
      stories: [
        { number: '8.1', title: 'foreign' },
        { number: '7.1', title: 'x' },
      ],
    },
    { number: 7, title: 'repeated' },
    { title: 'same key', key: '#a' },
    {
      title: 'needs',
      needs: ['#nobody', 99],
      stories: [{ number: '9.1', title: 'far', needs: ['7.1', '1.9', '#me'] }],
    },
  ];
  t.strictSame(faultsOf(importing(epics), ...madePlan()), [
    '/epics/0 epic_number_taken',
    '/epics/2/number plan_item_repeated',
    '/epics/3/key plan_item_repeated',
    '/epics/1/stories/0 story_number_foreign',
    '/epics/4/stories/0 story_number_foreign',
    '/epics/4/needs/0 plan_reference_unknown',
    '/epics/4/needs/1 plan_reference_unknown',
  ]);
  given(t, ...madePlan())
    .when(importPlan, importing(epics))
    .thenRefused('plan_faulty');
  t.end();
});

test('circles and deadlocks are told at the dependency that closes them, also with what the project has', (t) => {
  const stories = [
    { key: '#one', title: 'one', needs: ['#two'] },
    { key: '#two', title: 'two', needs: ['#one'] },
    { key: '#me', title: 'me', needs: ['#me'] },
  ];
  t.strictSame(faultsOf(importing([{ title: 'x', stories }]), projectCreated()), [
    '/epics/0/stories/2/needs/0 dependency_self',
    '/epics/0/stories/0/needs/0 dependency_cycle',
  ]);
  const known = [...madePlan(), dependencyAdded(edgeOf(1, '2', '1'))];
  const deadlock = [{ number: 1, title: 'Epic 1', stories: [{ number: '1.1', title: 'Story 1.1', needs: ['2.1'] }] }];
  t.strictSame(faultsOf(merging(deadlock), ...known), ['/epics/0/stories/0/needs/0 dependency_deadlock']);
  t.end();
});

test('at most a hundred faults are told', (t) => {
  const stories = Array.from({ length: 500 }, () => ({ number: '9.1', title: 'x' }));
  t.equal(faultsOf(importing([{ title: 'one', stories }]), projectCreated()).length, 100);
  t.end();
});

test('an item that is too large for an entry is told with its place', (t) => {
  const criteria = Array.from({ length: 40 }, () => ({ text: 'x'.repeat(2_000), binding: null }));
  const command = importing([{ title: 'one', stories: [{ title: 'small' }, { title: 'large', criteria }] }]);
  t.strictSame(faultsOf(command, projectCreated()), ['/epics/0/stories/1 entry_too_large']);
  t.end();
});

test('what is archived is not changed by a merge, and an archived project takes no plan', (t) => {
  const epics = [
    { number: 1, title: 'Changed' },
    { number: 2, title: 'Epic 2', stories: [{ number: '2.1', title: 'Changed' }] },
  ];
  const history = [...madePlan(), epicArchived(1), storyArchived('2.1')];
  t.strictSame(faultsOf(merging(epics), ...history), ['/epics/0 epic_archived', '/epics/1/stories/0 story_archived']);
  given(t, ...madePlan(), projectArchived())
    .when(importPlan, merging([]))
    .thenRefused('project_archived');
  given(t).when(importPlan, merging([])).thenRefused('project_not_found');
  t.end();
});

test('an import is for those who plan, and for no more stories than one commit takes', (t) => {
  given(t, projectCreated())
    .by('agent')
    .when(importPlan, importing([launch]))
    .thenRefused('role_forbidden');
  const stories = Array.from({ length: 2_501 }, (_, at) => ({ title: `Story ${at}` }));
  given(t, projectCreated())
    .when(importPlan, importing([1, 2].map((at) => ({ title: `Epic ${at}`, stories }))))
    .thenRefused('plan_too_many_stories');
  t.end();
});

test('a number of a deleted object is not given again, nor matched', (t) => {
  const data = { epic_id: epicId(1), project_id: projectId(), number: '1.3' };
  const deleted = record(StoryDeleted, storyRef('1.3'), data, projectId());
  const command = merging([{ number: 1, title: 'Epic 1', stories: [{ number: '1.3', title: 'Story 1.3' }] }]);
  t.strictSame(faultsOf(command, ...madePlan(), deleted), ['/epics/0/stories/0 story_number_taken']);
  t.end();
});
