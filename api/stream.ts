// The stream over WebSocket, and the tickets by which browsers open it.
import { Type } from 'typebox';
import { Timestamp } from '../kernel/shape.ts';
import { newTicket, putTicket } from '../sql/stream-ticket.ts';
import { readPosition } from '../sql/feed-position.ts';
import { requireWriteHeaders } from './perform.ts';
import type { Answer, Call } from './call.ts';
import { type Route, route } from './route.ts';
import { streamRefusals } from './stream/message.ts';

const role = { atLeast: 'agent' } as const;
const tags = ['feed'] as const;

const TicketView = Type.Object(
  {
    ticket: Type.String({ maxLength: 100, description: 'Offer it as the subprotocol `ll.ticket.` and the ticket' }),
    expires_at: Timestamp,
  },
  { additionalProperties: false },
);

export const streamRoute = route({
  method: 'GET',
  url: '/api/v1/stream',
  operation: 'openStream',
  summary: 'Open a WebSocket that carries any number of subscriptions to the log',
  description:
    'Offer the subprotocol `ll.v1`. Programs send Authorization; browsers, which cannot, offer `ll.ticket.` and a ' +
    'ticket beside it. docs/following.md has the messages of both sides.',
  tags,
  role,
  status: 101,
  response: Type.Null(),
  codes: ['upgrade_required', 'stream_protocol_missing', 'sockets_exceeded', 'origin_forbidden'],
  examples: {},
  handler: () => {
    throw streamRefusals.refuse('upgrade_required', 'This is no WebSocket.');
  },
});

export const streamRoutes: readonly Route[] = [
  streamRoute,
  route({
    method: 'POST',
    url: '/api/v1/stream/tickets',
    operation: 'createStreamTicket',
    summary: 'Get a ticket that opens one socket within a minute',
    description: 'It stands for the key that asks for it and works once. A socket ends with that key all the same.',
    tags,
    role,
    status: 201,
    response: TicketView,
    codes: ['ticket_not_needed'],
    examples: { response: { ticket: 'AZgP8f8AAA', expires_at: '2026-01-02T03:05:05.678Z' } },
    handler: createTicket,
  }),
];

async function createTicket(call: Call): Promise<Answer> {
  requireWriteHeaders(call);
  const { api, tenantId } = call;
  const keyHash = call.credential?.hash;
  if (keyHash === undefined) throw streamRefusals.refuse('ticket_not_needed', 'A session opens the stream by itself.');
  const { ticket, hash } = newTicket(tenantId);
  const expiresAt = await putTicket(api.database, { tenantId, hash, keyHash });
  const position = await readPosition(api.database, tenantId);
  const body = JSON.stringify({ ticket, expires_at: expiresAt });
  return { status: 201, body, headers: ['loopledger-position', String(position)] };
}
