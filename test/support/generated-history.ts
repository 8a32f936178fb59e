// A history over all nouns, made by random commands from a seed. Most of them are refused by some rule; that is the point.
import { archiveAgent, changeAgent, createAgent, deleteAgent, restoreAgent } from '../../commands/agent.ts';
import { addDependency, removeDependency } from '../../commands/dependency.ts';
import { createDispatch, revokeDispatch } from '../../commands/dispatch.ts';
import { archiveEpic, changeEpic, createEpic, deleteEpic, restoreEpic } from '../../commands/epic.ts';
import { createKey, renameKey, revokeKey, rotateKey } from '../../commands/key.ts';
import { archiveProject, changeProject, createProject, deleteProject, restoreProject } from '../../commands/project.ts';
import {
  archiveStory,
  changeStory,
  createStory,
  deleteStory,
  restoreStory,
  reviseCriteria,
} from '../../commands/story.ts';
import { changeTenant, foundTenant, resumeTenant, suspendTenant } from '../../commands/tenant.ts';
import { type Actor, systemActor } from '../../kernel/actor.ts';
import type { CommandDefinition } from '../../kernel/command.ts';
import { newId } from '../../kernel/id.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { newKey } from '../../kernel/secret.ts';
import type { Ledger } from '../../sql/ledger.ts';
import type { TenantKeys } from '../../sql/tenant-keys.ts';
import { personFor } from './given.ts';
import { type Bench, request } from './ledger.ts';
import { newAuthenticator, newOperator } from './person.ts';

/** Numbers between 0 and 1 that the seed determines (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A suspended tenant speaks of each of its keys, so many of them would be most of the history. */
const few = 30;

interface Ids {
  readonly agents: string[];
  readonly keys: string[];
  readonly dispatches: Actor[];
  readonly projects: string[];
  readonly epics: { readonly id: string; readonly project: string }[];
  readonly stories: { readonly id: string; readonly project: string }[];
}

export class History {
  readonly tenantId = newId();
  readonly operator = newOperator(this.tenantId, newAuthenticator());
  private readonly ledger: Ledger;
  private readonly tenantKeys: TenantKeys;
  private readonly random: () => number;
  private readonly ids: Ids = { agents: [], keys: [], dispatches: [], projects: [], epics: [], stories: [] };
  accepted = 0;
  refused = 0;

  constructor({ ledger, tenantKeys }: Bench, seed: number) {
    this.ledger = ledger;
    this.tenantKeys = tenantKeys;
    this.random = randomOf(seed);
  }

  async found(): Promise<void> {
    const key = { key_id: newId(), name: 'First', ...this.secret() };
    const command = {
      tenant_id: this.tenantId,
      name: 'Tenant',
      slug: `t-${this.tenantId}`,
      key,
      ...(await this.tenantKeys.prepare(this.tenantId)),
    };
    await this.run(foundTenant, { ...command, operator: this.operator }, systemActor);
    const agent_id = newId();
    this.ids.agents.push(agent_id);
    this.ids.keys.push(key.key_id);
    // What chance might leave out.
    await this.run(createAgent, { agent_id, name: this.text() });
    await this.send(agent_id, undefined);
    await this.run(rotateKey, { key_id: key.key_id, grace_seconds: 60, ...this.secret() });
  }

  /** Several at a time, so that commits carry several commands. */
  async go(steps: number, atOnce = 4): Promise<void> {
    for (let done = 0; done < steps; done += atOnce) {
      await Promise.all(Array.from({ length: atOnce }, () => this.step()));
    }
  }

  private async run<Command>(definition: CommandDefinition<Command>, command: Command, by?: Actor): Promise<void> {
    try {
      await this.ledger.execute(request(this.tenantId, definition, command, by === undefined ? {} : { actor: by }));
      this.accepted += 1;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.refused += 1;
    }
  }

  private pick<Item>(items: readonly Item[]): Item | undefined {
    return items[Math.floor(this.random() * items.length)];
  }

  private text(): string {
    return `${this.pick(['Größe', 'a "b" \\', 'O’Brien', '😀', 'plain'])} ${Math.floor(this.random() * 1e6)}`;
  }

  private secret(): { prefix: string; secret_hash: string } {
    const { hash, prefix } = newKey('live');
    return { prefix, secret_hash: hash.toString('hex') };
  }

  private step(): Promise<void> {
    const act = this.pick([
      this.tenant,
      this.agent,
      this.key,
      this.dispatch,
      this.project,
      this.epic,
      this.epic,
      this.story,
      this.story,
      this.story,
      this.dependency,
      this.dependency,
    ]) as () => Promise<void>;
    return act.call(this);
  }

  private tenant(): Promise<void> {
    const { tenantId: tenant_id } = this;
    const roll = this.random();
    if (roll < 0.3) return this.run(suspendTenant, { tenant_id }, systemActor);
    if (roll < 0.8) return this.run(resumeTenant, { tenant_id }, systemActor);
    return this.run(changeTenant, { tenant_id, name: this.text() });
  }

  private agent(): Promise<void> {
    const agent_id = this.pick(this.ids.agents);
    const roll = this.random();
    if (agent_id === undefined || (roll < 0.3 && this.ids.agents.length < few)) {
      const id = newId();
      this.ids.agents.push(id);
      return this.run(createAgent, { agent_id: id, name: this.text(), description: this.text() });
    }
    if (roll < 0.4) return this.run(changeAgent, { agent_id, changes: { description: this.text() } });
    if (roll < 0.5) return this.run(changeAgent, { agent_id, changes: { name: this.text() } });
    if (roll < 0.7) return this.run(archiveAgent, { agent_id });
    return roll < 0.9 ? this.run(restoreAgent, { agent_id }) : this.run(deleteAgent, { agent_id });
  }

  private key(): Promise<void> {
    const key_id = this.pick(this.ids.keys);
    const roll = this.random();
    if (key_id === undefined || (roll < 0.5 && this.ids.keys.length < few)) {
      const id = newId();
      this.ids.keys.push(id);
      const role = this.pick(['user', 'orchestrator', 'agent'] as const) ?? 'user';
      const agent_id = this.pick(this.ids.agents);
      const holder = role === 'user' || agent_id === undefined ? {} : { agent_id };
      const life = this.random() < 0.3 ? { expires_in: 3_600 } : {};
      return this.run(createKey, { key_id: id, name: this.text(), role, ...holder, ...life, ...this.secret() });
    }
    if (roll < 0.65) {
      return this.run(rotateKey, { key_id, grace_seconds: this.pick([0, 60, 86_400]) ?? 0, ...this.secret() });
    }
    return roll < 0.8 ? this.run(renameKey, { key_id, name: this.text() }) : this.run(revokeKey, { key_id });
  }

  private dispatch(): Promise<void> {
    const parent = this.random() < 0.5 ? undefined : this.pick(this.ids.dispatches);
    const agent_id = this.pick(this.ids.agents);
    const above = parent?.lineage.at(-1) ?? null;
    if (agent_id === undefined || (above !== null && this.random() < 0.2)) {
      return this.run(revokeDispatch, { dispatch_id: above ?? newId() });
    }
    return this.send(agent_id, parent);
  }

  private send(agent_id: string, parent: Actor | undefined): Promise<void> {
    const [dispatch_id, key_id, role] = [newId(), newId(), this.pick(['orchestrator', 'agent'] as const) ?? 'agent'];
    const lineage = [...(parent?.lineage ?? []), dispatch_id];
    this.ids.dispatches.push({ kind: 'key', key_id, agent_id, role, lineage });
    this.ids.keys.push(key_id);
    const user = personFor('createDispatch');
    const command = { dispatch_id, parent: parent?.lineage.at(-1) ?? null, role, agent_id, expires_in: 3_600 };
    return this.run(createDispatch, { ...command, key: { key_id, ...this.secret() } }, parent ?? user);
  }

  private project(): Promise<void> {
    const project_id = this.pick(this.ids.projects);
    const roll = this.random();
    if (project_id === undefined || roll < 0.25) {
      const id = newId();
      this.ids.projects.push(id);
      const slug = `p-${Math.floor(this.random() * 8)}`;
      return this.run(createProject, { project_id: id, name: this.text(), slug });
    }
    if (roll < 0.5) return this.run(changeProject, { project_id, changes: { name: this.text() } });
    if (roll < 0.6) return this.run(archiveProject, { project_id });
    return roll < 0.9
      ? this.run(restoreProject, { project_id })
      : this.run(deleteProject, { project_id }, personFor('deleteProject'));
  }

  private epic(): Promise<void> {
    const epic = this.pick(this.ids.epics);
    const roll = this.random();
    const project = this.pick(this.ids.projects);
    if (project !== undefined && (epic === undefined || roll < 0.35)) {
      const id = newId();
      this.ids.epics.push({ id, project });
      return this.run(createEpic, { epic_id: id, project_id: project, title: this.text() });
    }
    const epic_id = epic?.id ?? newId();
    if (roll < 0.6) return this.run(changeEpic, { epic_id, changes: { description: this.text() } });
    if (roll < 0.7) return this.run(archiveEpic, { epic_id });
    return roll < 0.93 ? this.run(restoreEpic, { epic_id }) : this.run(deleteEpic, { epic_id });
  }

  private story(): Promise<void> {
    const story = this.pick(this.ids.stories);
    const roll = this.random();
    const epic = this.pick(this.ids.epics);
    if (epic !== undefined && (story === undefined || roll < 0.35)) {
      const id = newId();
      this.ids.stories.push({ id, project: epic.project });
      const criteria = [{ text: this.text(), binding: null }];
      return this.run(createStory, { story_id: id, epic_id: epic.id, title: this.text(), criteria });
    }
    const story_id = story?.id ?? newId();
    if (roll < 0.55) return this.run(changeStory, { story_id, changes: { title: this.text(), estimate: 3 } });
    if (roll < 0.7) {
      return this.run(reviseCriteria, { story_id, criteria: [{ text: this.text(), binding: 'test:it holds' }] });
    }
    if (roll < 0.8) return this.run(archiveStory, { story_id });
    return roll < 0.93 ? this.run(restoreStory, { story_id }) : this.run(deleteStory, { story_id });
  }

  private dependency(): Promise<void> {
    const level = this.random() < 0.7 ? 'story' : 'epic';
    const from = this.pick(level === 'story' ? this.ids.stories : this.ids.epics);
    const near = (level === 'story' ? this.ids.stories : this.ids.epics).filter(
      ({ project }) => project === from?.project,
    );
    const needs = this.pick(near);
    if (from === undefined || needs === undefined) return this.project();
    const edge = { project_id: from.project, level, from_id: from.id } as const;
    return this.random() < 0.65
      ? this.run(addDependency, { ...edge, dependency_id: newId(), needs_id: needs.id })
      : this.run(removeDependency, { ...edge, named: needs.id });
  }
}
