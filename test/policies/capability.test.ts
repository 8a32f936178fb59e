import { test } from 'tap';
import { untouched } from '../../events/story-custody-life.ts';
import { capabilityHash } from '../../kernel/capability.ts';
import type { World } from '../../kernel/command.ts';
import { lineageHash } from '../../kernel/lineage.ts';
import { consumeCapability } from '../../policies/capability.ts';
import type { HeldStory } from '../../policies/story.ts';
import { idOf } from '../support/given.ts';

const token = 'a token';
const lineage = [idOf(1), idOf(2)];
const grant = {
  jti: idOf(3),
  act: 'start',
  dispatch_id: idOf(2),
  lineage_hash: lineageHash(lineage),
  version: 1,
  issued_at: '2026-01-01T00:00:00.000Z',
  expires_at: '2026-01-01T00:15:00.000Z',
  token_hash: capabilityHash(token),
} as const;

/** The rules of a story look at who acts before a capability is looked at; this is what holds if one of them did not. */
function consume(by: readonly string[], now: string = grant.issued_at): unknown {
  const story = { ...untouched, project_id: idOf(4), capabilities: { open: [grant], spent: [] } };
  const held = { id: idOf(5), version: 2, story } as unknown as HeldStory;
  const world = { now, actor: { kind: 'key', key_id: null, agent_id: null, role: 'agent', lineage: by } };
  return consumeCapability(world as unknown as World, held, 'start', token);
}

test('a capability is used up by its holder', (t) => {
  t.match(consume(lineage), { type: 'story.capability_consumed', data: { jti: grant.jti, act: 'start' } });
  t.end();
});

test('a capability is of no use to another lineage, be it an ancestor, a child or nobody', (t) => {
  for (const by of [[idOf(1)], [...lineage, idOf(6)], [idOf(2)], []]) {
    t.throws(() => consume(by), { code: 'capability_lineage' }, by.join());
  }
  t.end();
});

test('a capability ends to the millisecond', (t) => {
  t.ok(consume(lineage, '2026-01-01T00:14:59.999Z'));
  t.throws(() => consume(lineage, grant.expires_at), { code: 'capability_expired' });
  t.end();
});
