// The door of the stream: who opens a socket is known, and everything that can be refused is, before the upgrade.
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastifyWebsocket from '@fastify/websocket';
import type { WebSocket } from 'ws';
import type { RoleRule } from '../../kernel/actor.ts';
import { sessionRefusals } from '../../policies/session.ts';
import { takeTicket } from '../../sql/stream-ticket.ts';
import { Call } from '../call.ts';
import { admit, admitCredential, rejectCaller } from '../http/admission.ts';
import { sendAnswer } from '../http/answer.ts';
import { answerTo } from '../http/problem.ts';
import { type Entrance, requireHost } from '../http/registration.ts';
import type { Route } from '../route.ts';
import { streamRefusals } from './message.ts';
import { Sockets } from './sockets.ts';

const streamProtocol = 'll.v1';
const streamPath = '/api/v1/stream';
const ticketPrefix = 'll.ticket.';
const socketKey = /^[A-Za-z0-9+/]{22}==$/;
const maxMessageBytes = 65_536;

/** Whether a connection is left to the stream; what becomes of it is decided there. */
export function isForStream({ method, url, headers }: IncomingMessage): boolean {
  const isWebSocket = method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket';
  return isWebSocket && url?.split('?', 1)[0] === streamPath;
}

export function registerStream(server: FastifyInstance, entrance: Entrance, route: Route): void {
  const sockets = new Sockets(entrance.api);
  // In a scope of its own: what the plugin adds to requests is not paid for by any other route.
  void server.register(async (scope) => {
    await scope.register(fastifyWebsocket, {
      options: {
        maxPayload: maxMessageBytes,
        // One frame for many sockets cannot be deflated for each.
        perMessageDeflate: false,
        clientTracking: false,
        handleProtocols: () => streamProtocol,
      },
      // The sockets say goodbye by themselves.
      preClose: (done) => done(),
      // A connection that breaks is no fault of ours: it ends by its close event.
      errorHandler: (_error, socket) => socket.terminate(),
    });
    scope.route({
      method: 'GET',
      url: streamPath,
      onRequest: (request, reply, done) => {
        const call = new Call(entrance.api, route, { raw: request.raw, response: reply.raw, remote: request });
        request.call = call;
        enter(entrance, sockets, call).then(
          () => done(),
          (error: unknown) => sendAnswer(call, answerTo(call, error)),
        );
      },
      handler: (request) => {
        const call = request.call as Call;
        sendAnswer(call, answerTo(call, streamRefusals.refuse('upgrade_required', 'This is no WebSocket.')));
      },
      wsHandler: (socket: WebSocket, request: FastifyRequest) => open(sockets, request.call as Call, socket),
    });
  });
}

async function enter(entrance: Entrance, sockets: Sockets, call: Call): Promise<void> {
  requireHost(call);
  const offered = (call.header('sec-websocket-protocol') ?? '').split(',').map((name) => name.trim());
  const ticket = offered.find((name) => name.startsWith(ticketPrefix));
  if (ticket === undefined) await admit(entrance.failures, call, call.route.role as RoleRule);
  else await admitTicket(entrance, call, ticket.slice(ticketPrefix.length));
  requireUpgrade(call);
  if (!offered.includes(streamProtocol)) {
    throw streamRefusals.refuse('stream_protocol_missing', `The subprotocol ${streamProtocol} is not offered.`);
  }
  // Browsers send cookies with a socket from any page.
  if (call.actor.kind === 'session' && !entrance.api.relyingParty.origins.includes(call.header('origin') ?? '')) {
    throw sessionRefusals.refuse('origin_forbidden', 'A session is used from pages of ours alone.');
  }
  sockets.requireRoom(call);
}

/** A ticket stands for the key that asked for it, which must still be in force. */
async function admitTicket({ failures, api }: Entrance, call: Call, ticket: string): Promise<void> {
  if (failures.isExhausted(call.remote.ip, call.startedMs)) throw rejectCaller(failures, call);
  const hash = await takeTicket(api.database, ticket);
  const credential = hash === null ? null : await api.authenticator.findHash(hash);
  if (credential === null) throw rejectCaller(failures, call);
  await admitCredential(call, credential);
}

function requireUpgrade(call: Call): void {
  const isWebSocket = call.header('upgrade')?.toLowerCase() === 'websocket';
  const key = call.header('sec-websocket-key') ?? '';
  if (isWebSocket && socketKey.test(key) && call.header('sec-websocket-version') === '13') return;
  throw streamRefusals.refuse('upgrade_required', 'This is no WebSocket of version 13.', {
    headers: { upgrade: 'websocket', 'sec-websocket-version': '13' },
  });
}

function open(sockets: Sockets, call: Call, socket: WebSocket): void {
  const { api, route } = call;
  call.answered = true;
  sockets.open(call, socket);
  api.metrics.observe(route.operation, 101, performance.now() - call.startedMs);
  api.logger.info({ request_id: call.requestId, operation: route.operation, status: 101 }, 'socket');
}
