// An event as readers get it: the entry of the log as it is stored, with the two hashes that prove it.
import { Type } from 'typebox';
import { roles } from '../kernel/actor.ts';
import { Id, Timestamp, Version } from '../kernel/shape.ts';

const closed = { additionalProperties: false } as const;
const Hash = Type.String({ minLength: 64, maxLength: 64, pattern: '^[0-9a-f]{64}$' });

const ActorView = Type.Object(
  {
    kind: Type.Enum(['key', 'session', 'system']),
    key_id: Type.Union([Id, Type.Null()]),
    agent_id: Type.Union([Id, Type.Null()]),
    role: Type.Enum([...roles]),
    lineage: Type.Array(Id, { maxItems: 100, description: 'Dispatches from the root to the actor' }),
    story_id: Type.Optional(Id),
    impersonating: Type.Optional(Type.Literal(true, { description: 'Somebody of the platform acted here' })),
    step_up: Type.Optional(Type.Object({ authenticator_id: Id, act: Type.String({ maxLength: 100 }) }, closed)),
  },
  closed,
);

export const EventView = Type.Object(
  {
    position: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'In the log of the tenant' }),
    id: Id,
    tenant_id: Id,
    stream: Type.Object({ type: Type.String({ maxLength: 50 }), id: Id }, closed),
    version: Version,
    type: Type.String({ maxLength: 100, description: 'Such as `story.created`' }),
    schema: Type.Integer({ minimum: 1, maximum: 32_767 }),
    project_id: Type.Union([Id, Type.Null()]),
    data: Type.Optional(Type.Object({}, { additionalProperties: true, description: 'By type and schema' })),
    actor: ActorView,
    command_id: Type.String({ maxLength: 255 }),
    correlation_id: Type.String({ maxLength: 255 }),
    causation_id: Type.Union([Type.String({ maxLength: 255 }), Type.Null()]),
    recorded_at: Timestamp,
    leaf_hash: Hash,
    chain_hash: Hash,
  },
  closed,
);

export const eventExample = {
  actor: { agent_id: null, key_id: '0198f1ff-0000-7000-8000-00000000000a', kind: 'key', lineage: [], role: 'user' },
  causation_id: null,
  command_id: 'archive-1',
  correlation_id: '0198f1ff-0000-7000-8000-00000000000c',
  data: {},
  id: '0198f1ff-0000-7000-8000-000000000001',
  position: 42,
  project_id: '0198f1ff-0000-7000-8000-00000000000b',
  recorded_at: '2026-01-02T03:04:05.678Z',
  schema: 1,
  stream: { id: '0198f1ff-0000-7000-8000-000000000002', type: 'story' },
  tenant_id: '0198f1ff-0000-7000-8000-000000000003',
  type: 'story.archived',
  version: 3,
  chain_hash: '0f'.repeat(32),
  leaf_hash: 'f0'.repeat(32),
};

const hashes = `'"chain_hash":"' || encode(e.chain_hash, 'hex') || '","leaf_hash":"' || encode(e.leaf_hash, 'hex') || '"}'`;

/** Bytes are cut off where they are known; `left` would count all the characters before, which costs more than all else. */
const openEntry = `convert_from(substr(convert_to(e.entry, 'UTF8'), 1, octet_length(e.entry) - 1), 'UTF8')`;

/** SQL for the JSON text of `ledger.events e`. Nothing is parsed: the hashes are put in before the last brace. */
export const eventText = `${openEntry} || ',' || ${hashes}`;

/** The same without its data, for who wants to know that something happened and looks it up. */
export const eventTextWithoutData = `left((e.entry::jsonb - 'data')::text, -1) || ',' || ${hashes}`;

// The actor is the first member of every entry and its keys stand in their order, so who it was is found without
// reading further: the first id stands after 22 characters, the second after what follows it.
const hasAgent = `substr(e.entry, 22, 1) = '"'`;
/** SQL for the ids of the agent and the key that caused an event; something that is no id where there is none. */
export const eventAgent = `case when ${hasAgent} then substr(e.entry, 23, 36) end`;
export const eventKey = `case when ${hasAgent} then substr(e.entry, 71, 36) else substr(e.entry, 37, 36) end`;
