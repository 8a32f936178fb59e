// Requests that no route takes: unknown paths, known paths with another method, preflights, and what the framework
// refuses before a route is known.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { type Answer, Call } from '../call.ts';
import type { ApiContext } from '../context.ts';
import { answerTo } from './problem.ts';
import { shellRefusals } from '../refusals.ts';
import type { Route } from '../route.ts';
import { answerPage } from '../platform/web-page.ts';
import { sendAnswer } from './answer.ts';
import { preflightHeaders } from './cors.ts';
import { requireHost } from './registration.ts';

const { refuse } = shellRefusals;

/** Stands in metrics and logs for every request without a route. */
const nowhere: Route = {
  method: 'GET',
  url: '*',
  operation: 'unmatched',
  summary: 'No route',
  tags: ['none'],
  role: 'public',
  status: 200,
  response: Type.Object({}),
  codes: [],
  examples: {},
  params: undefined,
  query: undefined,
  body: undefined,
  write: false,
  handler: () => ({ status: 404, body: '' }),
};

const page: Route = { ...nowhere, operation: 'getPage', summary: 'A page for people, or what it is made of' };

export interface PathPattern {
  readonly parts: readonly string[];
  readonly methods: string[];
}

/** Of the routes, and of the pages, which can only be got. */
export function patternsOf(routes: readonly Route[], pages: readonly string[]): PathPattern[] {
  const patterns = new Map(pages.map((url) => [url, pagePattern(url)]));
  for (const route of routes) {
    const pattern = patterns.get(route.url) ?? { parts: route.url.split('/'), methods: [] };
    pattern.methods.push(route.method);
    if (route.method === 'GET') pattern.methods.push('HEAD');
    patterns.set(route.url, pattern);
  }
  return [...patterns.values()];
}

function pagePattern(url: string): PathPattern {
  return { parts: url.replaceAll('$', ':').split('/'), methods: ['GET', 'HEAD'] };
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] as string;
}

export function callOf(api: ApiContext, request: FastifyRequest, reply: FastifyReply, route = nowhere): Call {
  return request.call ?? new Call(api, route, { raw: request.raw, response: reply.raw, remote: request });
}

/** Node asks about an Expect header before any route is looked for. */
export function answerExpectation(api: ApiContext, raw: IncomingMessage, response: ServerResponse): void {
  const call = new Call(api, nowhere, { raw, response, remote: { ip: raw.socket.remoteAddress ?? '' } });
  sendAnswer(call, answerTo(call, refuse('expectation_unmet', 'No expectation but `100-continue` can be met.')));
}

export function answerUnmatched(
  api: ApiContext,
  patterns: readonly PathPattern[],
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const call = callOf(api, request, reply, api.web.find(pathOf(request.raw)) === undefined ? nowhere : page);
  try {
    requireHost(call);
    sendAnswer(call, answerPage(api.web, call) ?? elsewhere(patterns, call));
  } catch (error) {
    sendAnswer(call, answerTo(call, error));
  }
}

function elsewhere(patterns: readonly PathPattern[], call: Call): Answer {
  const path = pathOf(call.raw);
  const methods = patterns.filter((pattern) => fits(pattern, path.split('/'))).flatMap((pattern) => pattern.methods);
  if (methods.length === 0) throw refuse('route_missing', 'There is nothing at this path.');
  const allow = [...new Set([...methods, 'OPTIONS'])].sort();
  if (call.raw.method === 'OPTIONS') {
    return { status: 204, body: '', headers: ['allow', allow.join(', '), ...preflightHeaders(allow)] };
  }
  throw refuse('method_not_allowed', `This path takes ${allow.join(', ')}.`, { headers: { allow: allow.join(', ') } });
}

function fits({ parts }: PathPattern, path: readonly string[]): boolean {
  return (
    parts.length === path.length &&
    parts.every((part, index) => (part.startsWith(':') ? path[index] !== '' : part === path[index]))
  );
}
