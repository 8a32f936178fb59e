// A history in which every kind of event happens at least once, in the order in which people would do these things.
import { archiveAgent, changeAgent, createAgent, deleteAgent, restoreAgent } from '../../commands/agent.ts';
import { addDependency, removeDependency } from '../../commands/dependency.ts';
import { archiveEpic, changeEpic, createEpic, deleteEpic, restoreEpic } from '../../commands/epic.ts';
import { revokeDispatch } from '../../commands/dispatch.ts';
import { haltTenant, liftHalt } from '../../commands/halt.ts';
import { createKey, renameKey, revokeKey } from '../../commands/key.ts';
import { deletePlanState, savePlanState } from '../../commands/plan-state.ts';
import { archiveProject, changeProject, createProject, deleteProject, restoreProject } from '../../commands/project.ts';
import { rotateSigningKey } from '../../commands/signing-key.ts';
import {
  archiveStory,
  changeStory,
  createStory,
  deleteStory,
  restoreStory,
  reviseCriteria,
} from '../../commands/story.ts';
import { changeTenant, type FirstOperator, resumeTenant, setQuotas, suspendTenant } from '../../commands/tenant.ts';
import { addArtifact, forceUnclaimStory, unclaimStory } from '../../commands/story-claim.ts';
import { backfillStory, drawJudge, rejectStory } from '../../commands/story-review.ts';
import { firstRouting } from '../../policies/model-routing.ts';
import {
  changeModelEndpoint,
  createModelEndpoint,
  deleteModelEndpoint,
  disableModelEndpoint,
  enableModelEndpoint,
} from '../../commands/model-endpoint.ts';
import { setModelRouting } from '../../commands/model-routing.ts';
import {
  changeWebhook,
  createWebhook,
  deleteWebhook,
  disableWebhook,
  enableWebhook,
  judgeWebhook,
  rotateWebhookSecret,
} from '../../commands/webhook.ts';
import { type Actor, systemActor } from '../../kernel/actor.ts';
import type { CommandDefinition } from '../../kernel/command.ts';
import { digestOf } from '../../kernel/digest.ts';
import { evidenceHash, type HaltEvidence } from '../../kernel/evidence.ts';
import { newId } from '../../kernel/id.ts';
import { newKey } from '../../kernel/secret.ts';
import { listDispatches } from '../../projections/dispatch.ts';
import { type Bench, keyActor, request } from './ledger.ts';
import { tourAlerts } from './history-alerts.ts';
import { tourPeople } from './history-people.ts';
import { tourRuns } from './history-runs.ts';
import { tourVerification } from './history-verification.ts';
import { Loop } from './loop.ts';
import { succession } from './signing-key.ts';

export type Run = <Command>(definition: CommandDefinition<Command>, command: Command, actor?: Actor) => Promise<void>;

/** In a tenant that is founded already. */
export async function tourHistory(
  bench: Bench,
  { tenantId, operator }: { readonly tenantId: string; readonly operator: FirstOperator },
): Promise<void> {
  const { ledger, tenantKeys } = bench;
  const run: Run = async (definition, command, actor = systemActor) => {
    await ledger.execute(request(tenantId, definition, command, { actor }));
  };
  const project_id = newId();
  await run(createProject, { project_id, name: 'Tour', slug: 'tour' });
  await run(changeProject, { project_id, changes: { name: 'Grand tour' } });
  await tourWork(run, project_id);
  await tourPlanStates(run, project_id);
  await sendAllHome(run, bench, tenantId);
  await tourCustody(run, new Loop(ledger, tenantId), project_id);
  for (const isLookedAtTwice of [true, false]) {
    await sendAllHome(run, bench, tenantId);
    await tourSuspicion(run, new Loop(ledger, tenantId), { project_id, isLookedAtTwice });
  }
  await run(archiveProject, { project_id });
  await run(restoreProject, { project_id });
  const gone = newId();
  await run(createProject, { project_id: gone, name: 'Detour', slug: 'detour' });
  await run(deleteProject, { project_id: gone }, { ...systemActor, ...confirmed('deleteProject') });
  await tourKeys(run, tenantId);
  await tourPeople(run, operator);
  await tourHalt(run, tenantId);
  await tourWebhooks(run, project_id);
  await tourRuns(run, project_id);
  await tourAlerts(run, bench, tenantId);
  await tourModels(run, tenantId);
  await sendAllHome(run, bench, tenantId);
  await tourVerification(run, new Loop(ledger, tenantId), project_id);
  const person = { ...systemActor, ...confirmed('rotateSigningKey') };
  await run(rotateSigningKey, await succession(tenantKeys, tenantId, 'log'), person);
}

function confirmed(act: string): Pick<Actor, 'step_up'> {
  return { step_up: { authenticator_id: newId(), act } };
}

async function tourWork(run: Run, project_id: string): Promise<void> {
  const [epic_id, other, empty] = [newId(), newId(), newId()];
  for (const id of [epic_id, other, empty]) await run(createEpic, { epic_id: id, project_id, title: 'Leg' });
  await run(changeEpic, { epic_id, changes: { title: 'First leg' } });
  await run(deleteEpic, { epic_id: empty });
  const [one, two, three] = [newId(), newId(), newId()];
  for (const story_id of [one, two]) await run(createStory, { story_id, epic_id, title: 'Stop' });
  await run(createStory, { story_id: three, epic_id: other, title: 'Stop' });
  await run(changeStory, { story_id: one, changes: { priority: 1 } });
  await run(reviseCriteria, { story_id: one, criteria: [{ text: 'We were there', binding: null }] });
  await run(archiveStory, { story_id: one });
  await run(restoreStory, { story_id: one });
  const edge = { project_id, level: 'story', from_id: one } as const;
  await run(addDependency, { ...edge, dependency_id: newId(), needs_id: two });
  await run(removeDependency, { ...edge, named: two });
  await run(addDependency, { ...edge, dependency_id: newId(), needs_id: three });
  const leg = { project_id, level: 'epic', from_id: epic_id, needs_id: other } as const;
  await run(addDependency, { ...leg, dependency_id: newId() });
  await run(deleteStory, { story_id: two });
  await run(archiveEpic, { epic_id });
  await run(restoreEpic, { epic_id });
}

async function tourPlanStates(run: Run, project_id: string): Promise<void> {
  const [kept, gone] = ['kept', 'gone'].map((key) => ({ project_id, key, plan_state_id: newId() }));
  for (const place of [kept, gone]) if (place !== undefined) await run(savePlanState, { ...place, state: { wave: 1 } });
  if (gone !== undefined) await run(deletePlanState, gone);
}

/** Nobody is left who could be drawn. */
async function sendAllHome(run: Run, { database }: Bench, tenantId: string): Promise<void> {
  const page = { limit: 200, after: null, count: false };
  const { items } = await listDispatches(database, tenantId, { status: 'active' }, page);
  for (const text of items) await run(revokeDispatch, { dispatch_id: (JSON.parse(text) as { id: string }).id });
}

/** An epic of one story, which lives through everything that needs no clock. */
async function tourCustody(run: Run, loop: Loop, project_id: string): Promise<void> {
  const [epic_id, story_id, done] = [newId(), newId(), newId()];
  const story = { story_id, title: 'The way' };
  await run(createEpic, { epic_id, project_id, title: 'Leg' });
  await run(createStory, { ...story, epic_id });
  const [worker, reviewer] = [await loop.send('agent'), { found: await loop.send('agent') }];
  for (const giveBack of [unclaimStory, forceUnclaimStory]) {
    await loop.takeOn(worker, story);
    const by = giveBack === unclaimStory ? worker : keyActor('user');
    await loop.act<{ story_id: string; reason: string }>(by, giveBack, { story_id, reason: 'Rest' });
  }
  await loop.takeOn(worker, story);
  await loop.act(worker, addArtifact, { story_id, artifact: { name: 'Map', url: 'https://example.com/map' } });
  await run(revokeDispatch, { dispatch_id: reviewer.found.lineage[0] ?? '' });
  await loop.handIn(worker, story_id);
  reviewer.found = await loop.send('agent');
  await loop.act(keyActor('user'), drawJudge, { story_id });
  await loop.review(reviewer.found, story_id);
  const verifier = await loop.send('orchestrator');
  await loop.act(keyActor('user'), drawJudge, { story_id });
  await loop.verify(verifier, story_id);
  await loop.act(await loop.send('orchestrator'), rejectStory, { story_id, reason: 'There is another way' });
  await run(createStory, { story_id: done, epic_id, title: 'Been there' });
  await run(backfillStory, { story_id: done, reason: 'Before', evidence_url: 'https://example.com/before' });
}

/** Work that says nothing of itself. */
async function tourSuspicion(
  run: Run,
  loop: Loop,
  { project_id, isLookedAtTwice }: { readonly project_id: string; readonly isLookedAtTwice: boolean },
): Promise<void> {
  const [epic_id, story_id] = [newId(), newId()];
  const story = { story_id, title: 'A short cut' };
  await run(createEpic, { epic_id, project_id, title: 'Short cuts' });
  await run(createStory, { ...story, epic_id });
  const [worker, reviewer] = [await loop.send('agent'), await loop.send('agent')];
  await loop.takeOn(worker, story);
  await loop.handIn(worker, story_id, { signals: {} });
  const second = isLookedAtTwice ? await loop.send('agent') : null;
  await loop.review(reviewer, story_id);
  if (second !== null) await loop.completeReview(second, story_id);
}

async function tourKeys(run: Run, tenant_id: string): Promise<void> {
  const [agent_id, gone] = [newId(), newId()];
  for (const id of [agent_id, gone]) await run(createAgent, { agent_id: id, name: `guide ${id}` });
  await run(changeAgent, { agent_id, changes: { name: 'guide', description: 'knows the way' } });
  const [held, second] = [newId(), newId()];
  await run(createKey, { key_id: held, name: 'k', role: 'agent', agent_id, ...secret() });
  await run(createKey, { key_id: second, name: 'k', role: 'user', ...secret() });
  await run(renameKey, { key_id: second, name: 'second' });
  await run(archiveAgent, { agent_id });
  await run(restoreAgent, { agent_id });
  await run(suspendTenant, { tenant_id });
  await run(resumeTenant, { tenant_id });
  await run(setQuotas, { tenant_id, max_stories: 1_000_000, max_dispatches: null, requests_per_tenant: 600_000 });
  await run(changeTenant, { tenant_id, name: 'Tourists' });
  await run(revokeKey, { key_id: second });
  await run(deleteAgent, { agent_id: gone });
}

async function tourHalt(run: Run, tenant_id: string): Promise<void> {
  const [promised, found] = [digestOf('promised'), digestOf('found')];
  const evidence: HaltEvidence = { kind: 'chain_broken', checkpoints: [], position: 1, promised, found };
  await run(haltTenant, { tenant_id, evidence });
  const step_up = { authenticator_id: newId(), act: 'liftHalt' };
  await run(liftHalt, { tenant_id, evidence_hash: evidenceHash(evidence) }, { ...keyActor('user'), step_up });
}

async function tourModels(run: Run, tenantId: string): Promise<void> {
  const [endpoint_id, gone] = [newId(), newId()];
  const models = [{ name: 'small', price: { input: 1, cached: 1, output: 5 } }];
  const may = { allow_private: false, allow_scripted: false };
  for (const [at, id] of [endpoint_id, gone].entries()) {
    const command = {
      endpoint_id: id,
      name: `there-${at}`,
      kind: 'openai' as const,
      models,
      secret_id: newId(),
      ...may,
    };
    await run(createModelEndpoint, { ...command, secret_last_four: '1234' });
  }
  await run(changeModelEndpoint, { endpoint_id, changes: { description: 'Ours' }, allow_private: false });
  const complexity = { ...firstRouting.complexity, hard: ['there-0/small'] };
  await run(setModelRouting, { routing_id: tenantId, settings: { ...firstRouting, complexity } });
  await run(disableModelEndpoint, { endpoint_id });
  await run(enableModelEndpoint, { endpoint_id });
  await run(deleteModelEndpoint, { endpoint_id: gone });
}

async function tourWebhooks(run: Run, project_id: string): Promise<void> {
  const [webhook_id, gone] = [newId(), newId()];
  for (const id of [webhook_id, gone]) {
    const url = 'https://hooks.example.org/tour';
    await run(createWebhook, { webhook_id: id, secret_id: newId(), url, project_id, allow_private: false });
  }
  await run(changeWebhook, { webhook_id, changes: { event_types: ['story.*'] }, allow_private: false });
  await run(rotateWebhookSecret, { webhook_id, secret_id: newId(), grace_seconds: 60 });
  await run(judgeWebhook, { webhook_id, verdict: 'failing' });
  await run(enableWebhook, { webhook_id });
  await run(judgeWebhook, { webhook_id, verdict: 'recovered' });
  await run(disableWebhook, { webhook_id });
  await run(deleteWebhook, { webhook_id: gone });
}

function secret(): { readonly prefix: string; readonly secret_hash: string } {
  const { hash, prefix } = newKey('live');
  return { prefix, secret_hash: hash.toString('hex') };
}
