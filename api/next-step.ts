// What a caller may do next in its tenant, as calls to make. Which steps those are, the policies say.
import type { World } from '../kernel/command.ts';
import { CreateAgentBody } from '../commands/agent.ts';
import { CreateDispatchBody } from '../commands/dispatch.ts';
import { CreateEpicBody } from '../commands/epic.ts';
import { CreateProjectBody } from '../commands/project.ts';
import { CreateStoryBody } from '../commands/story.ts';
import { nextSteps, type Step } from '../policies/next-step.ts';
import { type ActionTemplate, type ActionView, fixed, found, showAction } from './action.ts';

const agent = found({ get: '/api/v1/agents?status=active', pointer: '/data/*/id' });
const project = found({ get: '/api/v1/projects?status=active', pointer: '/data/*/id' });
const epic = found({ get: '/api/v1/projects/{project_id}/epics?status=active', pointer: '/data/*/id' });

const lookAtStory = {
  method: 'GET',
  path: '/api/v1/stories/{story_id}/next-actions',
  operation: 'listStoryNextActions',
} as const;
const sendAgent = { path: '/api/v1/dispatches', operation: 'createDispatch', body: CreateDispatchBody } as const;

const templates: Readonly<Record<Step, (world: World) => Omit<ActionTemplate, 'action'>>> = {
  create_agent: () => ({
    why: 'Name an agent, so that it can be sent',
    path: '/api/v1/agents',
    operation: 'createAgent',
    body: CreateAgentBody,
  }),
  mint_root: () => ({
    ...sendAgent,
    why: 'Send an agent on a root of its own, and get its key',
    told: { parent: fixed(null), agent_id: agent },
    stepUp: true,
  }),
  send_agent: ({ actor }) => ({
    ...sendAgent,
    why: 'Send an agent from your own dispatch, and get its key',
    told: {
      parent: fixed(actor.lineage.at(-1) as string),
      agent_id: agent,
      ...(actor.role === 'agent' ? { role: fixed('agent') } : {}),
    },
  }),
  create_project: () => ({
    why: 'Make a frame for work',
    path: '/api/v1/projects',
    operation: 'createProject',
    body: CreateProjectBody,
  }),
  create_epic: () => ({
    why: 'Plan a part of a project',
    path: '/api/v1/projects/{project_id}/epics',
    operation: 'createEpic',
    pathFields: { project_id: project },
    body: CreateEpicBody,
  }),
  create_story: () => ({
    why: 'Plan a story: what is claimed, done, reviewed and verified',
    path: '/api/v1/epics/{epic_id}/stories',
    operation: 'createStory',
    pathFields: { project_id: project, epic_id: epic },
    body: CreateStoryBody,
  }),
  look_at_ready_story: () => ({
    ...lookAtStory,
    why: 'Learn what you may do with a story that could be begun now',
    pathFields: { story_id: found({ get: '/api/v1/stories/ready', pointer: '/data/*/id' }) },
  }),
  look_at_own_story: () => ({
    ...lookAtStory,
    why: 'Learn what you may do with a story that you claimed, review or verify',
    pathFields: { story_id: found({ get: '/api/v1/stories/mine', pointer: '/data/*/id' }) },
  }),
};

export function showNextSteps(publicUrl: string, world: World): ActionView[] {
  return nextSteps(world).map((step) => showAction(publicUrl, { action: step, ...templates[step](world) }));
}
