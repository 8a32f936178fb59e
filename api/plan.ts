// The plan of a project over HTTP: out as one document, and in again, here or elsewhere.
import { Type } from 'typebox';
import { Id } from '../kernel/shape.ts';
import { importPlan } from '../commands/index.ts';
import { ImportMode, PlanDocument } from '../commands/plan.ts';
import { DependencyLevel } from '../events/dependency.ts';
import { EpicNumber } from '../events/epic.ts';
import { planLimits, planRefusals, planRules } from '../policies/plan.ts';
import { exportPlan } from '../projections/plan.ts';
import { perform } from './perform.ts';
import { missingProject, ProjectPath } from './project.ts';
import { type Route, route } from './route.ts';

const url = '/api/v1/projects/:project_id';
const tags = ['plans'] as const;
const closed = { additionalProperties: false } as const;
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Tally = Type.Object({ created: Count, changed: Count, unchanged: Count }, closed);
const PlanNumber = Type.String({ minLength: 1, maxLength: 27 });

const ImportReport = Type.Object(
  {
    project_id: Id,
    mode: ImportMode,
    dry_run: Type.Boolean(),
    epics: Tally,
    stories: Tally,
    dependencies: Type.Object({ added: Count, unchanged: Count }, closed),
    created: Type.Array(
      Type.Object(
        { level: DependencyLevel, id: Id, number: PlanNumber, key: Type.Optional(Type.String({ maxLength: 64 })) },
        closed,
      ),
      { maxItems: planLimits.epics + planLimits.stories },
    ),
    orphans: Type.Object(
      { epics: Count, stories: Count, numbers: Type.Array(PlanNumber, { maxItems: planLimits.listed }) },
      closed,
    ),
  },
  closed,
);

const exampleStory = {
  number: '1.1',
  title: 'Refuse a second claim',
  description: '',
  priority: 1,
  estimate: 3,
  criteria: [{ text: '50 agents race, one wins', binding: 'test:claim race' }],
  needs: [],
};
const example = {
  format: 'loopledger-plan-1',
  epics: [{ number: 1, title: 'Launch', description: '', needs: [], stories: [exampleStory] }],
};
const params = { project_id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d10' };
const created = { created: 1, changed: 0, unchanged: 0 };

const importRoute = route({
  method: 'POST',
  url: `${url}/import`,
  operation: 'importPlan',
  summary: 'Import epics, stories and dependencies in one commit, or not at all',
  description:
    'An item without a number gets the next free one. With `mode=merge`, an item whose number the project has changes what ' +
    'is there, and nothing is written for one that is the same; what the project has and the plan does not name is told as ' +
    'an orphan and left as it is. Needs are added and never taken away. Every item is decided by the rules of the single ' +
    'commands; all faults are told, each with a pointer to its place in the plan. An export can be imported as it is.',
  tags,
  role: planRules.import,
  params: ProjectPath,
  query: Type.Object(
    {
      mode: Type.Optional(Type.Enum(['create', 'merge'], { default: 'create' })),
      dry_run: Type.Optional(Type.Boolean({ default: false, description: 'Decides everything and writes nothing' })),
    },
    closed,
  ),
  body: PlanDocument,
  bodyLimitBytes: planLimits.bytes,
  status: 200,
  response: ImportReport,
  codes: ['project_not_found', 'project_archived', 'plan_faulty', 'plan_too_many_stories'],
  examples: {
    params,
    query: { mode: 'merge' },
    body: example,
    response: {
      ...params,
      mode: 'merge',
      dry_run: false,
      epics: created,
      stories: created,
      dependencies: { added: 0, unchanged: 0 },
      created: [
        { level: 'epic', id: '01980f2e-7a2b-7c11-9d3e-5a6b7c8d9e20', number: '1' },
        { level: 'story', id: '01980f2e-7a2b-7c11-9d3e-5a6b7c8d9e21', number: '1.1' },
      ],
      orphans: { epics: 0, stories: 0, numbers: [] },
    },
  },
  handler: (call) => {
    const { mode = 'create', dry_run = false } = call.query;
    return perform(call, {
      definition: importPlan,
      command: { ...call.params, mode, dry_run, plan: call.body },
      render: ({ report }) => ({ status: 200, body: JSON.stringify(report) }),
    });
  },
});

const exportRoute = route({
  method: 'GET',
  url: `${url}/export`,
  operation: 'exportPlan',
  summary: 'Export epics, stories and dependencies as one document that can be imported',
  description: 'The same plan is the same bytes. What is archived is left out, and so are needs of it.',
  tags,
  role: planRules.export,
  params: ProjectPath,
  query: Type.Object({ from_epic: Type.Optional(EpicNumber), to_epic: Type.Optional(EpicNumber) }, closed),
  status: 200,
  response: PlanDocument,
  codes: ['project_not_found', 'plan_too_large'],
  examples: { params, query: { from_epic: 1 }, response: example },
  handler: async ({ api, tenantId, params: { project_id }, query }) => {
    const plan = await exportPlan(api.database, tenantId, project_id, query);
    if (plan === null) throw missingProject();
    if (plan.body === null) throw planRefusals.refuse('plan_too_large', 'The plan is more than one import takes.');
    return { status: 200, body: plan.body, headers: ['loopledger-position', String(plan.position)] };
  },
});

export const planRoutes: readonly Route[] = [importRoute, exportRoute];
