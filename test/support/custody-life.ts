// Lives of stories by chance: a crowd of several roots, what it does on purpose, by mistake and against the rules.
import { reviseCriteria, archiveStory, createStory, deleteStory, restoreStory } from '../../commands/story.ts';
import { advanceRun, takeRun } from '../../commands/run.ts';
import { setVerification } from '../../commands/project.ts';
import { addDependency, removeDependency } from '../../commands/dependency.ts';
import { createDispatch, revokeDispatch } from '../../commands/dispatch.ts';
import { lapseLease } from '../../commands/story-claim.ts';
import { collectCapability } from '../../commands/story-review.ts';
import { runStream } from '../../events/run.ts';
import { type Story, storyStream } from '../../events/story.ts';
import { CapabilityAct, type Party } from '../../events/story-custody.ts';
import { dispatchStream } from '../../events/dispatch.ts';
import { type Actor, systemActor } from '../../kernel/actor.ts';
import type { CommandDefinition } from '../../kernel/command.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { addSeconds } from '../../kernel/timestamp.ts';
import { type NextAct, nextActs } from '../../policies/next-act.ts';
import { custodyActs } from '../../policies/story-custody.ts';
import type { Chance } from '../hardening/random.ts';
import { custodyCalls, tokenOf } from './custody-calls.ts';
import { idOf, personFor } from './given.ts';
import { type Kept, MemoryLedger } from './memory-ledger.ts';
import { agentCreated, founded, keysFounded, prefix, secretHash } from './tenancy.ts';
import { edgeOf, epicCreated, epicId, projectCreated, projectId, storyCreated, storyId } from './work.ts';
import { executed, factsOf } from './verification.ts';
import { dependencyAdded } from './work.ts';

export interface Step {
  readonly what: string;
  readonly actor: Actor;
  readonly storyId: string;
  /** Of the refusal; null when it was done. */
  readonly code: string | null;
  readonly events: readonly Kept[];
}

interface Order {
  readonly what: string;
  readonly actor: Actor;
  readonly definition: CommandDefinition<never>;
  readonly command: object;
}

const agentsAt = 700;
const agents = 8;
const criteria = [{ text: 'It holds', binding: null }];
const bound = [...criteria, { text: 'It runs', binding: 'test:tests/test_it.py' }];
const history = [
  founded,
  ...keysFounded,
  ...Array.from({ length: agents }, (_, at) => agentCreated(agentsAt + at)),
  projectCreated(),
  epicCreated(1),
  epicCreated(2),
  storyCreated('1.1', { criteria: bound }),
  storyCreated('1.2', { criteria }),
  storyCreated('2.1'),
  dependencyAdded(edgeOf(1, '1.2', '1.1')),
  dependencyAdded(edgeOf(2, '2', '1')),
];

const person = personFor('createDispatch');

/** Forward through the life of a story; the others lead aside. */
const onward: ReadonlySet<string> = new Set([
  'contract',
  'claim',
  'start',
  'request_review',
  'report',
  'review_complete',
  'verify',
  'draw',
]);

function order<Command>(
  what: string,
  actor: Actor,
  definition: CommandDefinition<Command>,
  command: Command & object,
): Order {
  return { what, actor, definition, command };
}

/** The same crowd at the beginning of every life, so it is made once. */
function makeCrowd(): { readonly ledger: MemoryLedger; readonly hands: readonly Actor[] } {
  const life = new CustodyLife({ ledger: new MemoryLedger(history), hands: [] }, null as never);
  const planner = life.mint('orchestrator', 0);
  const auditor = life.mint('orchestrator', 1);
  life.mint('orchestrator', 2);
  life.mint('agent', 3);
  // The agent of the planner, once more, from a root of its own.
  life.mint('agent', 0);
  const worker = life.sendFrom(planner, 'agent', 4);
  life.sendFrom(worker, 'agent', 5);
  life.sendFrom(auditor, 'agent', 6);
  life.mint('agent', 7, storyId('1.1'));
  return life;
}

export class CustodyLife {
  readonly ledger: MemoryLedger;
  readonly hands: Actor[];
  readonly steps: Step[] = [];
  private readonly chance: Chance;
  /** Every token that was ever granted, whoever may hold it. */
  private readonly tokens: string[] = ['nonsense'];
  private readonly keyless: readonly Actor[] = [
    person,
    this.withoutDispatch('agent'),
    this.withoutDispatch('orchestrator'),
  ];

  constructor({ ledger, hands }: { readonly ledger: MemoryLedger; readonly hands: readonly Actor[] }, chance: Chance) {
    this.ledger = ledger.copy();
    this.hands = [...hands];
    this.chance = chance;
  }

  static begin(chance: Chance): CustodyLife {
    const life = new CustodyLife(crowd, chance);
    if (chance.integer(2) === 0) life.attempt(life.verifyingBy('executed'));
    return life;
  }

  mint(role: 'orchestrator' | 'agent', agent: number, story_id?: string): Actor {
    return this.send(person, { role, agent, parent: null, story_id });
  }

  sendFrom(parent: Actor, role: 'orchestrator' | 'agent', agent: number): Actor {
    return this.send(parent, { role, agent, parent: parent.lineage.at(-1) ?? null, story_id: undefined });
  }

  /** One command, done or refused. */
  step(): Step {
    const storyId = this.chance.pick(this.storyIds());
    const { what, actor, definition, command } = this.choose(storyId);
    const step = { what, actor, storyId, ...this.attempt({ what, actor, definition, command }) };
    this.steps.push(step);
    return step;
  }

  storyIds(): string[] {
    const first = storyId('1.1');
    return [first, first, first, first, first, first, storyId('1.2'), storyId('2.1')];
  }

  private attempt({ actor, definition, command }: Order): Pick<Step, 'code' | 'events'> {
    try {
      const events = this.ledger.execute(actor, definition, command as never);
      this.learn(events);
      return { code: null, events };
    } catch (error) {
      if (error instanceof Refusal) return { code: error.code, events: [] };
      throw error;
    }
  }

  /** New tokens, and new hands. */
  private learn(events: readonly Kept[]): void {
    for (const { event } of events) {
      if (event.type === 'story.capability_granted') {
        const lineage = this.lineageOf(event.data['dispatch_id'] as string);
        const act = event.data['act'] as CapabilityAct;
        const token = tokenOf(this.ledger, { ...systemActor, lineage }, event.stream.id, act);
        if (token !== null) this.tokens.push(token);
      } else if (event.type === 'dispatch.created') this.hands.push(this.handOf(event.stream.id));
    }
  }

  private lineageOf(dispatchId: string): readonly string[] {
    return this.ledger.find(dispatchStream, dispatchId)?.state.lineage ?? [];
  }

  private handOf(dispatchId: string): Actor {
    const dispatch = this.ledger.find(dispatchStream, dispatchId)?.state;
    if (dispatch === undefined) throw new Error(`nobody was sent as ${dispatchId}`);
    const { key_id, agent_id, role, lineage, story_id } = dispatch;
    return { kind: 'key', key_id, agent_id, role, lineage, ...(story_id === null ? {} : { story_id }) };
  }

  private withoutDispatch(role: 'agent' | 'orchestrator'): Actor {
    return { kind: 'key', key_id: idOf(888_888), agent_id: idOf(agentsAt), role, lineage: [] };
  }

  private send(
    by: Actor,
    told: { role: 'orchestrator' | 'agent'; agent: number; parent: string | null; story_id: string | undefined },
  ): Actor {
    const { events } = this.attempt(this.dispatching(by, told));
    const made = events.find(({ event }) => event.type === 'dispatch.created');
    if (made === undefined) throw new Error('the crowd could not be sent');
    return this.handOf(made.event.stream.id);
  }

  private dispatching(
    by: Actor,
    told: { role: 'orchestrator' | 'agent'; agent: number; parent: string | null; story_id: string | undefined },
  ): Order {
    const { role, agent, parent, story_id } = told;
    const key = { key_id: this.ledger.newId(), prefix, secret_hash: secretHash };
    const scope = story_id === undefined ? {} : { story_id };
    const command = { dispatch_id: this.ledger.newId(), parent, role, agent_id: idOf(agentsAt + agent), ...scope };
    return order('dispatch', by, createDispatch, { ...command, expires_in: 7_200, key });
  }

  private choose(id: string): Order {
    const dice = this.chance.integer(100);
    const story = this.ledger.find(storyStream, id)?.state as Story;
    if (dice < 70) return this.goOn(id, story);
    if (dice < 80) return this.blunder(id, story);
    if (dice < 90) return this.cheat(id, story);
    return this.stir(id, story);
  }

  /** Something that may be done now, by somebody whose turn it probably is. */
  private goOn(id: string, story: Story): Order {
    const actor = this.whoseTurn(story);
    const acts = nextActs(this.ledger.world(actor), id);
    const weighed = acts.flatMap((one) => Array.from({ length: onward.has(one.act) ? 6 : 1 }, () => one));
    if (story.custody?.verification_run?.status === 'running' && this.chance.integer(2) === 0)
      return this.endingRun(id, story);
    if (weighed.length === 0) return this.blunder(id, story);
    return this.honest(actor, id, story, this.chance.pick(weighed));
  }

  private whoseTurn(story: Story): Actor {
    const { agent_status, custody } = story;
    const { implementer = null, reviewer = null, review = null, verifier = null } = custody ?? {};
    const held = agent_status === 'assigned' || agent_status === 'implementing';
    const judge = review === null ? reviewer : verifier;
    const party = held ? implementer : judge;
    const known = this.hands.find((hand) => isParty(hand, party));
    return known !== undefined && this.chance.integer(5) > 0 ? known : this.chance.pick(this.hands);
  }

  private honest(actor: Actor, id: string, story: Story, { act, capability }: NextAct): Order {
    if (act === 'collect_capability') {
      return order(`collect ${capability}`, actor, collectCapability, { story_id: id, act: capability ?? 'start' });
    }
    const { definition, say } = custodyCalls[act];
    const token = capability === null ? null : tokenOf(this.ledger, actor, id, capability);
    return { what: act, actor, definition, command: { ...say(story), story_id: id, capability: token } };
  }

  /** Any act by anybody who is who they say. */
  private blunder(id: string, story: Story): Order {
    const anybody = this.chance.pick([...this.hands, ...this.keyless]);
    const actor = this.chance.integer(3) === 0 ? this.whoseTurn(story) : anybody;
    if (this.chance.integer(6) === 0) {
      return order('collect', actor, collectCapability, { story_id: id, act: this.chance.pick(CapabilityAct.enum) });
    }
    const act = this.chance.pick(custodyActs);
    return this.honest(actor, id, story, { act, capability: custodyCalls[act].uses ?? null });
  }

  /** With tokens of others, lineages of one's own making, stale fences and loose words. */
  private cheat(id: string, story: Story): Order {
    const actor = this.chance.integer(3) === 0 ? this.forge() : this.whoseTurn(story);
    const open = nextActs(this.ledger.world(actor), id).filter(({ act }) => act !== 'collect_capability');
    const next = this.chance.integer(4) === 0 ? undefined : this.chance.pick([undefined, ...open]);
    const act = this.chance.pick(custodyActs);
    const honest = this.honest(actor, id, story, next ?? { act, capability: custodyCalls[act].uses ?? null });
    const lie = this.chance.pick([
      { fence: 1 },
      { fence: 9 },
      { title: 'Another' },
      { findings: 9 },
      { attestations: [] },
      { stolen: true },
    ]);
    const { stolen = false, ...told } = lie as { readonly stolen?: true };
    const capability = stolen ? { capability: this.chance.pick([...this.tokens, null]) } : {};
    return { ...honest, what: `cheat: ${honest.what}`, command: { ...honest.command, ...told, ...capability } };
  }

  private forge(): Actor {
    const hand = this.chance.pick(this.hands);
    const other = this.chance.pick(this.hands);
    return this.chance.pick<Actor>([
      { ...hand, lineage: [] },
      { ...hand, lineage: hand.lineage.slice(-1) },
      { ...hand, lineage: hand.lineage.slice(0, -1) },
      { ...hand, lineage: [...other.lineage, ...hand.lineage.slice(-1)] },
      { ...hand, lineage: [this.ledger.newId()] },
      { ...hand, role: hand.role === 'agent' ? 'orchestrator' : 'agent' },
    ]);
  }

  /** What happens around the work. */
  private stir(id: string, story: Story): Order {
    const child = { parent: null, agent: this.chance.integer(agents), story_id: undefined } as const;
    const hand = this.chance.pick(this.hands);
    const parent = this.chance.pick(this.hands).lineage.at(-1) ?? null;
    const role = this.chance.pick(['agent', 'orchestrator'] as const);
    const planner = this.chance.pick([person, person, hand]);
    const text = `It holds ${this.chance.integer(3)}`;
    const named = {
      project_id: projectId(),
      level: 'story' as const,
      from_id: storyId('1.1'),
      dependency_id: this.ledger.newId(),
    };
    const makers: readonly (() => Order)[] = [
      () => this.wait(id, story),
      () => this.wait(id, story),
      () =>
        order('revise', planner, reviseCriteria, {
          story_id: id,
          criteria: this.chance.pick([[{ text, binding: null }], bound]),
        }),
      () => this.endingRun(id, story),
      () => this.endingRun(id, story),
      () => this.verifyingBy(this.chance.pick(['attested', 'executed'])),
      () => order('archive', planner, archiveStory, { story_id: id }),
      () => order('restore', person, restoreStory, { story_id: id }),
      () => order('restore', person, restoreStory, { story_id: id }),
      () => order('create', planner, createStory, { story_id: this.ledger.newId(), epic_id: epicId(1), title: 'More' }),
      () => order('delete', planner, deleteStory, { story_id: id }),
      () => order('add need', planner, addDependency, { ...named, needs_id: storyId('1.2') }),
      () =>
        order('remove need', planner, removeDependency, { ...named, from_id: storyId('1.2'), named: storyId('1.1') }),
      () => order('revoke', planner, revokeDispatch, { dispatch_id: parent ?? '' }),
      () => order('revoke', person, revokeDispatch, { dispatch_id: this.whoseTurn(story).lineage.at(-1) ?? '' }),
      () => this.dispatching(person, { ...child, role }),
      () => this.dispatching(hand, { ...child, role, parent }),
    ];
    return this.chance.pick(makers)();
  }

  private verifyingBy(mode: 'attested' | 'executed'): Order {
    const command = { project_id: projectId(), verification: { ...executed, mode }, allow_local: false };
    return order('set verification', person, setVerification, command);
  }

  private endingRun(id: string, story: Story): Order {
    const run_id = story.custody?.verification_run?.run_id;
    if (run_id === undefined) return this.wait(id, story);
    const fence = this.ledger.find(runStream, run_id)?.state.fence ?? 0;
    if (fence === 0) return order('take run', systemActor, takeRun, { run_id, worker: 'w', fence: 1 });
    const facts = factsOf(this.chance.pick(['passed', 'passed', 'refuted', 'failed'] as const));
    return order('end run', systemActor, advanceRun, { run_id, fence, facts });
  }

  /** Time goes by, and a worker looks at the leases, or is late. */
  private wait(id: string, story: Story): Order {
    this.ledger.now = addSeconds(this.ledger.now, this.chance.pick([20, 300, 900, 1_900, 4_000]));
    if (this.chance.integer(2) === 0) return this.blunder(id, story);
    return order('lapse', systemActor, lapseLease, { story_id: id, fence: story.custody?.fence ?? 0 });
  }
}

function isParty({ agent_id, lineage }: Actor, party: Party | null): boolean {
  return party !== null && party.agent_id === agent_id && party.lineage.join() === lineage.join();
}

const crowd = makeCrowd();
