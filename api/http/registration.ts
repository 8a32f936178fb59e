// Puts routes into Fastify: the door before the body, the shapes after it, the handler, and one way out.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Call } from '../call.ts';
import type { ApiContext } from '../context.ts';
import { answerTo } from './problem.ts';
import type { Route } from '../route.ts';
import { shellRefusals } from '../refusals.ts';
import { confirmStepUp, requestDigest, stepUpHeader } from '../step-up.ts';
import { admit } from './admission.ts';
import { sendAnswer } from './answer.ts';
import type { FailureLimit } from './failure-limit.ts';
import { minimumPosition, reachPosition } from './minimum-position.ts';
import { answerWitness, seenCheckpoint } from './witness.ts';
import { checkRequest, checksOf, type RouteChecks } from './validation.ts';

declare module 'fastify' {
  interface FastifyRequest {
    call: Call | null;
  }
}

export interface Entrance {
  readonly api: ApiContext;
  readonly failures: FailureLimit;
}

export function registerRoute(server: FastifyInstance, entrance: Entrance, route: Route): void {
  const checks = checksOf(route);
  server.route({
    method: route.method,
    url: route.url,
    ...(route.bodyLimitBytes === undefined ? {} : { bodyLimit: route.bodyLimitBytes }),
    onRequest(request, reply, done) {
      const call = new Call(entrance.api, route, { raw: request.raw, response: reply.raw, remote: request });
      request.call = call;
      open(entrance.failures, call, done);
    },
    handler: (request) => work(checks, request),
  });
}

/** Answers by itself when the call ends here; `done` is only called for calls that go on. */
function open(failures: FailureLimit, call: Call, done: () => void): void {
  const { role } = call.route;
  try {
    requireHost(call);
    const later = role === 'public' ? undefined : admit(failures, call, role);
    if (later === undefined) done();
    else later.then(done, (error: unknown) => sendAnswer(call, answerTo(call, error)));
  } catch (error) {
    sendAnswer(call, answerTo(call, error));
  }
}

export function requireHost(call: Call): void {
  const { headers, httpVersion } = call.raw;
  if (httpVersion === '1.0' || (httpVersion === '1.1' && headers.host !== undefined)) return;
  // The parser takes other versions for its own, down to a line without any.
  const detail = httpVersion === '1.1' ? 'The request has no Host header.' : 'The request is not HTTP/1.1 or HTTP/1.0.';
  throw shellRefusals.refuse('request_malformed', detail);
}

function work(checks: RouteChecks, request: FastifyRequest): void {
  const call = request.call as Call;
  call.working = true;
  call.api.pressure.inFlight += 1;
  try {
    call.params = request.params;
    call.body = request.body;
    const confirmed = call.credential === null ? undefined : call.header(stepUpHeader);
    // Before the check, which puts defaults into the body: what was confirmed is the request as it was sent.
    const digest = confirmed === undefined ? '' : requestDigest(call);
    checkRequest(checks, call, request.query as string);
    const minimum = call.credential === null ? null : minimumPosition(call);
    const seen = call.credential === null ? null : seenCheckpoint(call);
    const handle = () => (seen === null ? call.route.handler(call) : answerWitness(call, seen));
    const isReady = minimum === null && confirmed === undefined;
    const confirm = confirmed === undefined ? undefined : () => confirmStepUp(call, confirmed, digest);
    const answer = isReady ? handle() : getReady(call, minimum, confirm).then(handle);
    if (answer instanceof Promise)
      answer.then(
        (done) => sendAnswer(call, done),
        (error: unknown) => sendAnswer(call, answerTo(call, error)),
      );
    else sendAnswer(call, answer);
  } catch (error) {
    sendAnswer(call, answerTo(call, error));
  }
}

async function getReady(call: Call, minimum: number | null, confirm?: () => Promise<void>): Promise<void> {
  if (minimum !== null) await reachPosition(call, minimum);
  await confirm?.();
}
