// What clients say on a socket, and what is refused of it.
import { type Static, type TObject, Type } from 'typebox';
import { defineRefusals } from '../../kernel/refusal.ts';
import { Slug } from '../../kernel/shape.ts';
import { filterProperties, Since } from '../feed-filter.ts';
import { parseJsonBody } from '../http/json-body.ts';
import { faultsIn } from '../http/validation.ts';

export const streamRefusals = defineRefusals({
  upgrade_required: {
    kind: 'upgradable',
    title: 'This path speaks WebSocket alone',
    remedy: 'Open it as a WebSocket of version 13 with the subprotocol `ll.v1`.',
  },
  stream_protocol_missing: {
    kind: 'invalid',
    title: 'The WebSocket does not offer the subprotocol of the stream',
    remedy: 'Offer `ll.v1` in Sec-WebSocket-Protocol.',
  },
  ticket_not_needed: {
    kind: 'rejected',
    title: 'A session needs no ticket',
    remedy: 'Open the stream from a page of this server: the browser sends the cookie of the session.',
  },
  sockets_exceeded: {
    kind: 'limited',
    title: 'There are as many sockets as this key or this tenant may have',
    remedy: 'Close sockets that are not needed; one carries several subscriptions.',
  },
  message_invalid: {
    kind: 'invalid',
    title: 'The message is not one that the stream knows',
    remedy: 'Send a JSON object with a known `op`; docs/following.md lists them.',
  },
  subscription_taken: {
    kind: 'conflict',
    title: 'The socket has a subscription of this id',
    remedy: 'Choose another id, or end the other subscription with `unsub` first.',
  },
  subscription_not_found: {
    kind: 'missing',
    title: 'The socket has no such subscription or topic',
    remedy: 'Use the id that `sub`, or the topic that `join`, was sent with.',
  },
  subscriptions_exceeded: {
    kind: 'limited',
    title: 'The socket has as many subscriptions and topics as it may have',
    remedy: 'Ask for several types or projects in one subscription.',
  },
});

const closed = { additionalProperties: false } as const;
const SubscriptionId = Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9_.:-]+$' });
const Topic = Type.String({ minLength: 3, maxLength: 100, pattern: '^[a-z][a-z_]*:[A-Za-z0-9_-]+$' });
const { types, ...where } = filterProperties;

const shapes = {
  sub: Type.Object(
    {
      op: Type.Literal('sub'),
      id: SubscriptionId,
      since: Type.Optional(Since),
      types,
      where: Type.Optional(Type.Object(where, closed)),
    },
    closed,
  ),
  unsub: Type.Object({ op: Type.Literal('unsub'), id: SubscriptionId }, closed),
  join: Type.Object({ op: Type.Literal('join'), topic: Topic }, closed),
  leave: Type.Object({ op: Type.Literal('leave'), topic: Topic }, closed),
  ack: Type.Object({ op: Type.Literal('ack'), consumer: Slug, cursor: Type.String({ maxLength: 1_024 }) }, closed),
  ping: Type.Object({ op: Type.Literal('ping') }, closed),
} as const satisfies Record<string, TObject>;

export type Sub = Static<typeof shapes.sub>;
export type Ack = Static<typeof shapes.ack>;
export type Message = { [op in keyof typeof shapes]: Static<(typeof shapes)[op]> }[keyof typeof shapes];

export function parseMessage(bytes: Buffer): Message {
  const { value } = parseJsonBody(bytes);
  const op = typeof value === 'object' && value !== null && 'op' in value ? value.op : undefined;
  if (typeof op !== 'string' || !Object.hasOwn(shapes, op)) {
    throw streamRefusals.refuse('message_invalid', `A message has an \`op\`: ${Object.keys(shapes).join(', ')}.`);
  }
  const errors = faultsIn(shapes[op as keyof typeof shapes], value);
  if (errors.length > 0) throw streamRefusals.refuse('message_invalid', 'The message has another shape.', { errors });
  return value as Message;
}
