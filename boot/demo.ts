// `npm run demo`: fills a new demo tenant on the server that runs on this machine, and prints keys and lines to paste.
import { randomBytes } from 'node:crypto';
import { Refusal } from '../kernel/refusal.ts';
import { registry } from '../projections/index.ts';
import { openDatabase } from '../sql/database.ts';
import type { FoundedTenant } from '../sql/founding.ts';
import { createLedger } from '../sql/ledger.ts';
import { createTenantKeys } from '../sql/tenant-keys.ts';
import { readConfig } from './config.ts';
import { demoAgents, demoEpics, demoProject, type PlannedEpic } from './demo-plan.ts';
import { foundTenantOn } from './found-tenant.ts';
import { loadMasterKey } from './master-key.ts';
import { readRuntimeInfo } from './runtime-info.ts';

interface Made {
  readonly id: string;
  readonly secret: string;
}

type Send = (path: string, body: object) => Promise<Made>;

interface Team {
  readonly orchestratorKey: string;
  readonly agentKey: string;
}

interface Plan {
  readonly projectId: string;
  readonly epicId: string;
  readonly storyId: string;
  readonly stories: number;
  readonly dependencies: number;
}

/** The only step that is not an ordinary request: no key may found a tenant. */
async function foundDemo(url: string, masterKey: Buffer): Promise<FoundedTenant> {
  const database = openDatabase({ url, max: 1, applicationName: 'loopledger-demo' });
  try {
    const slug = `demo-${randomBytes(4).toString('hex')}`;
    const tenantKeys = createTenantKeys({ database, masterKey });
    return await foundTenantOn(createLedger({ database, registry }), tenantKeys, { name: 'Demo', slug });
  } finally {
    await database.close();
  }
}

function senderOf(apiUrl: string, key: string): Send {
  return async (path, body) => {
    const response = await fetch(`${apiUrl}/api/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as Made & { readonly detail?: string };
    if (!response.ok) throw new Error(`POST ${path} was answered with ${response.status}: ${answer.detail}`);
    return answer;
  };
}

async function hireTeam(send: Send): Promise<Team> {
  const planner = await send('/agents', { name: 'planner', description: demoAgents.planner });
  const builder = await send('/agents', { name: 'builder', description: demoAgents.builder });
  const orchestrator = await send('/keys', { name: 'planner', role: 'orchestrator', agent_id: planner.id });
  const agent = await send('/keys', { name: 'builder', role: 'agent', agent_id: builder.id });
  return { orchestratorKey: orchestrator.secret, agentKey: agent.secret };
}

async function planWork(send: Send): Promise<Plan> {
  const project = await send('/projects', demoProject);
  const epicIds: string[] = [];
  const storyIds: string[] = [];
  let dependencies = 0;
  for (const epic of demoEpics) {
    const { title, description, needs = [] } = epic;
    const { id } = await send(`/projects/${project.id}/epics`, { title, description });
    for (const at of needs) await send(`/epics/${id}/dependencies`, { needs: epicIds[at] });
    const planned = await planStories(send, id, epic);
    dependencies += needs.length + planned.dependencies;
    epicIds.push(id);
    storyIds.push(...planned.ids);
  }
  const [epicId = '', storyId = ''] = [epicIds[0], storyIds[0]];
  return { projectId: project.id, epicId, storyId, stories: storyIds.length, dependencies };
}

async function planStories(send: Send, epicId: string, { stories }: PlannedEpic) {
  const ids: string[] = [];
  let dependencies = 0;
  for (const { needs = [], ...story } of stories) {
    const { id } = await send(`/epics/${epicId}/stories`, story);
    for (const at of needs) await send(`/stories/${id}/dependencies`, { needs: ids[at] });
    dependencies += needs.length;
    ids.push(id);
  }
  return { ids, dependencies };
}

function report(apiUrl: string, tenant: FoundedTenant, team: Team, plan: Plan): string {
  const counted = `${demoEpics.length} epics, ${plan.stories} stories and ${plan.dependencies} dependencies`;
  return `
The tenant ${tenant.slug} has two agents and the project ${demoProject.name} with ${counted}.
These keys are shown once. Paste them into your shell:

  export LOOPLEDGER=${apiUrl}/api/v1
  export USER_KEY=${tenant.secret}
  export ORCHESTRATOR_KEY=${team.orchestratorKey}
  export AGENT_KEY=${team.agentKey}

Who a key speaks for:

  curl -s $LOOPLEDGER/whoami -H "Authorization: Bearer $AGENT_KEY"

What an agent could take up now, and what waits for what:

  curl -s $LOOPLEDGER/stories/ready -H "Authorization: Bearer $AGENT_KEY"
  curl -s $LOOPLEDGER/stories/blocked -H "Authorization: Bearer $AGENT_KEY"

A new story. Paste it twice: the second time nothing is written, and the answer is the same.

  curl -si $LOOPLEDGER/epics/${plan.epicId}/stories -H "Authorization: Bearer $ORCHESTRATOR_KEY" \\
    -H 'Content-Type: application/json' -H 'Idempotency-Key: first-try' -d '{"title": "Refuse links to ourselves"}'

An agent may not plan, and the refusal says what would be needed:

  curl -si $LOOPLEDGER/epics/${plan.epicId}/stories -H "Authorization: Bearer $AGENT_KEY" \\
    -H 'Content-Type: application/json' -d '{"title": "Less work for me"}'

The history of a story, and everything that happened in the tenant, hashes included:

  curl -s $LOOPLEDGER/stories/${plan.storyId}/history -H "Authorization: Bearer $AGENT_KEY"
  curl -s "$LOOPLEDGER/changes?since=0&limit=3" -H "Authorization: Bearer $AGENT_KEY"
`;
}

async function run(): Promise<void> {
  const { dataFolder, masterKey } = readConfig(process.env);
  const { api_url: apiUrl, app_url: appUrl } = await readRuntimeInfo(dataFolder);
  const tenant = await foundDemo(appUrl, masterKey ?? (await loadMasterKey(dataFolder)));
  const team = await hireTeam(senderOf(apiUrl, tenant.secret));
  const plan = await planWork(senderOf(apiUrl, team.orchestratorKey));
  console.log(report(apiUrl, tenant, team, plan));
}

try {
  await run();
} catch (error) {
  if (error instanceof Refusal) console.error(error.message);
  else console.error('The demo was not finished:', error);
  process.exitCode = 1;
}
