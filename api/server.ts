// Builds the HTTP server: routes, the door, and the answers for everything that no route takes.
import { createSealing } from '../sql/sealing.ts';
import { fastify, type FastifyInstance } from 'fastify';
import type { Socket } from 'node:net';
import { Authenticator } from './http/authentication.ts';
import type { ApiContext, ApiSources } from './context.ts';
import { makeCursors } from './cursor.ts';
import { FeedHub } from './feed-hub.ts';
import { FeedReader } from './feed-reader.ts';
import { sendAnswer } from './http/answer.ts';
import { answerClientError } from './http/client-error.ts';
import { FailureLimit } from './http/failure-limit.ts';
import { refusalOfFramework, unsupportedType } from './http/framework-error.ts';
import { Pressure } from './http/pressure.ts';
import { registerRoute } from './http/registration.ts';
import { answerExpectation, answerUnmatched, callOf, patternsOf } from './http/unmatched.ts';
import { allRoutes } from './index.ts';
import { parseJsonBody } from './http/json-body.ts';
import { ConsumerLags } from './platform/consumer-lags.ts';
import { Metrics } from './platform/metrics.ts';
import { Readiness } from './platform/readiness.ts';
import { readWebBuild } from './platform/web-page.ts';
import { answerTo } from './http/problem.ts';
import { RateLimiter } from './http/rate-limit.ts';
import { Sessions } from './http/session.ts';
import type { Route } from './route.ts';
import { streamRoute } from './stream.ts';
import { isForStream, registerStream } from './stream/entry.ts';
import { Topics } from './stream/topics.ts';
import { SealedLog } from './sealed-log.ts';

export interface ApiServer {
  readonly http: FastifyInstance;
  readonly api: ApiContext;
  readonly routes: readonly Route[];
  /** Lets everyone who waits answer now, and takes the process out of traffic. */
  beginStop(): void;
}

/** How often Node looks for requests that are late; at its own 30 s a slow body would hang far beyond its time. */
const lateCheckMs = 500;
const maxHeaderBytes = 16_384;
const jsonContent = /^application\/json[\t ]*(?:;[\t ]*charset="?utf-8"?[\t ]*)?$/i;

export function buildServer(sources: ApiSources, furtherRoutes: readonly Route[] = []): ApiServer {
  const stop = new AbortController();
  const api = contextOf(sources, stop.signal);
  const { options } = sources;
  const readiness = new Readiness(sources.checks, stop.signal);
  const { version, publicUrl } = options;
  const routes = allRoutes({ version, publicUrl }, readiness, furtherRoutes);
  const http = framework(api);
  http.decorateRequest('call', null);
  readBodies(http);
  const patterns = patternsOf(routes, api.web.paths ?? []);
  http.setErrorHandler((error: Error, request, reply) => {
    if (request.is404) return answerUnmatched(api, patterns, request, reply);
    const call = callOf(api, request, reply);
    sendAnswer(call, answerTo(call, refusalOfFramework(error, call.route.bodyLimitBytes ?? options.bodyLimitBytes)));
  });
  http.setNotFoundHandler((request, reply) => answerUnmatched(api, patterns, request, reply));
  const entrance = { api, failures: new FailureLimit(options.failedLoginsPerAddress) };
  for (const route of routes) {
    if (route === streamRoute) registerStream(http, entrance, route);
    else registerRoute(http, entrance, route);
  }
  http.server.on('checkExpectation', (request, response) => answerExpectation(api, request, response));
  return { http, api, routes, beginStop: () => stop.abort() };
}

function contextOf(sources: ApiSources, stopping: AbortSignal): ApiContext {
  const { database, options, feedEpoch } = sources;
  const metrics = new Metrics();
  const hub = new FeedHub(database);
  const lags = new ConsumerLags(database);
  metrics.addGauges(() => lags.gauges());
  sources.wakeUps?.follow(hub);
  stopping.addEventListener('abort', () => hub.release());
  const rates = new RateLimiter({ database, perKey: options.ratePerKey, perTenant: options.ratePerTenant });
  const secureOrigin = options.publicUrl.startsWith('https:');
  const { masterKey, rpId: issuer } = options;
  return {
    ...sources,
    stopping,
    rates,
    authenticator: new Authenticator(database, rates),
    sessions: new Sessions({ database, rates, masterKey, issuer, secure: secureOrigin }),
    relyingParty: { id: options.rpId, name: options.rpName, origins: options.origins },
    ceremonies: new FailureLimit(options.ceremoniesPerAddress),
    cursors: makeCursors(options.masterKey, feedEpoch),
    pressure: new Pressure(options),
    sealedLog: new SealedLog({
      ...sources,
      sealing: createSealing({ ...sources, host: new URL(options.publicUrl).host }),
    }),
    feed: new FeedReader({ database, hub, metrics, maxWaitingPerKey: options.maxWaitingPerKey }),
    metrics,
    topics: new Topics(),
    web: readWebBuild(options.webFolder),
    secureOrigin,
  };
}

function framework(api: ApiContext): FastifyInstance {
  const { options } = api;
  return fastify({
    // Requests are logged where they are answered; the framework's own lines would need a child logger for each.
    logger: false,
    genReqId: () => '',
    bodyLimit: options.bodyLimitBytes,
    trustProxy: options.trustProxy as boolean,
    requestTimeout: options.requestTimeoutMs,
    keepAliveTimeout: options.keepAliveTimeoutMs,
    return503OnClosing: false,
    routerOptions: {
      maxParamLength: 255,
      // Queries are parsed strictly, by the shape that the route declares.
      querystringParser: (text) => text as unknown as Record<string, unknown>,
    },
    http: {
      headersTimeout: options.headersTimeoutMs,
      requestTimeout: options.requestTimeoutMs,
      connectionsCheckingInterval: lateCheckMs,
      maxHeaderSize: maxHeaderBytes,
      // To everything else an upgrade is an offer that is not taken up.
      shouldUpgradeCallback: isForStream,
      // Refused in our own words.
      requireHostHeader: false,
    },
    clientErrorHandler: (error, socket: Socket) => answerClientError(api, error, socket),
    frameworkErrors: (error, request, reply) => {
      const call = callOf(api, request, reply);
      sendAnswer(call, answerTo(call, refusalOfFramework(error, options.bodyLimitBytes)));
    },
  });
}

function readBodies(http: FastifyInstance): void {
  http.removeAllContentTypeParsers();
  http.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
    const { headers } = request.raw;
    const type = headers['content-type'] as string;
    // Nothing here undoes a coding: what a proxy would unpack must not be taken for the body.
    const coding = headers['transfer-encoding'] ?? 'chunked';
    const isCoded = headers['content-encoding'] !== undefined || coding.toLowerCase() !== 'chunked';
    if (isCoded || (type !== 'application/json' && !jsonContent.test(type))) {
      done(unsupportedType());
      return;
    }
    if (bytes.length === 0) {
      done(null, undefined);
      return;
    }
    try {
      const { text, value } = parseJsonBody(bytes);
      if (request.call !== null) request.call.bodyText = text;
      done(null, value);
    } catch (error) {
      done(error as Error);
    }
  });
}
