// Health: /livez (the process turns), /readyz (it should get traffic), /health (both, for people), /metrics.
import { Type } from 'typebox';
import type { Answer, Call } from '../call.ts';
import { shellRefusals } from '../refusals.ts';
import { type Route, route } from '../route.ts';
import type { ApiContext } from '../context.ts';
import { mayReadMetrics, prometheusType } from './metrics-access.ts';
import type { Gauge } from './metrics.ts';
import type { Readiness } from './readiness.ts';

const CheckView = Type.Object(
  { name: Type.String({ maxLength: 100 }), ok: Type.Boolean(), ms: Type.Integer({ minimum: 0 }) },
  { additionalProperties: false },
);
const LiveView = Type.Object({ status: Type.Enum(['live']) }, { additionalProperties: false });
const ReadyView = Type.Object(
  { status: Type.Enum(['ready']), checks: Type.Array(CheckView, { maxItems: 50 }) },
  { additionalProperties: false },
);
const HealthView = Type.Object(
  {
    status: Type.Enum(['ready', 'unready', 'stopping']),
    version: Type.String({ maxLength: 100 }),
    runtime: Type.String({ maxLength: 100 }),
    uptime_seconds: Type.Integer({ minimum: 0 }),
    in_flight: Type.Integer({ minimum: 0 }),
    backlog: Type.Integer({ minimum: 0 }),
    loop_delay_ms: Type.Integer({ minimum: 0 }),
    checks: Type.Array(CheckView, { maxItems: 50 }),
  },
  { additionalProperties: false },
);

const okCheck = { name: 'database', ok: true, ms: 1 };

export function healthRoutes(readiness: Readiness): Route[] {
  return [
    route({
      method: 'GET',
      url: '/livez',
      operation: 'getLiveness',
      summary: 'Tell whether the process turns',
      tags: ['platform'],
      role: 'public',
      status: 200,
      response: LiveView,
      codes: [],
      examples: { response: { status: 'live' } },
      handler: () => ({ status: 200, body: '{"status":"live"}' }),
    }),
    route({
      method: 'GET',
      url: '/readyz',
      operation: 'getReadiness',
      summary: 'Tell whether the process should get traffic',
      description: 'Answers 503 with the failing checks while one fails, and while the process is stopping.',
      tags: ['platform'],
      role: 'public',
      status: 200,
      response: ReadyView,
      codes: ['not_ready'],
      examples: { response: { status: 'ready', checks: [okCheck] } },
      handler: () => showReadiness(readiness),
    }),
    route({
      method: 'GET',
      url: '/health',
      operation: 'getHealth',
      summary: 'Show versions, load and checks to people',
      tags: ['platform'],
      role: 'public',
      status: 200,
      response: HealthView,
      codes: [],
      examples: {
        response: {
          status: 'ready',
          version: '0.1.0',
          runtime: 'v26.9.0',
          uptime_seconds: 60,
          in_flight: 0,
          backlog: 0,
          loop_delay_ms: 0,
          checks: [okCheck],
        },
      },
      handler: (call) => showHealth(readiness, call),
    }),
    route({
      method: 'GET',
      url: '/metrics',
      operation: 'getMetrics',
      summary: 'Export metrics for Prometheus',
      description: 'For the loopback address, and for callers with the metrics token as bearer.',
      tags: ['platform'],
      role: 'public',
      status: 200,
      response: Type.String({ maxLength: 10_000_000 }),
      produces: 'text/plain',
      codes: ['unauthenticated'],
      examples: { response: 'loopledger_in_flight 0' },
      handler: exportMetrics,
    }),
  ];
}

async function showReadiness(readiness: Readiness): Promise<Answer> {
  const checks = await readiness.results();
  const status = statusOf(readiness, checks);
  if (status === 'ready') return { status: 200, body: JSON.stringify({ status, checks }) };
  const detail = status === 'stopping' ? 'The process is stopping.' : 'A check failed.';
  throw shellRefusals.refuse('not_ready', detail, { headers: { 'retry-after': '1' }, members: { checks } });
}

function statusOf(readiness: Readiness, checks: readonly { readonly ok: boolean }[]): 'ready' | 'unready' | 'stopping' {
  if (readiness.stopping) return 'stopping';
  return checks.every(({ ok }) => ok) ? 'ready' : 'unready';
}

async function showHealth(readiness: Readiness, call: Call): Promise<Answer> {
  const checks = await readiness.results();
  const { ledger, options, pressure } = call.api;
  const health = {
    status: statusOf(readiness, checks),
    version: options.version,
    runtime: process.version,
    uptime_seconds: Math.floor(process.uptime()),
    in_flight: pressure.inFlight,
    backlog: ledger.backlog(),
    loop_delay_ms: Math.round(pressure.loopDelayMs),
    checks,
  };
  return { status: 200, body: JSON.stringify(health) };
}

function exportMetrics(call: Call): Answer {
  if (!mayReadMetrics(call.raw, call.api.options))
    throw shellRefusals.refuse('unauthenticated', 'The request carries no credential that is in force.');
  const body = call.api.metrics.render(processGauges(call.api));
  return { status: 200, body, type: prometheusType };
}

export function processGauges({ ledger, pressure }: Pick<ApiContext, 'ledger' | 'pressure'>): Gauge[] {
  const memory = process.memoryUsage();
  return [
    { name: 'loopledger_in_flight', help: 'Requests being worked on.', value: pressure.inFlight },
    { name: 'loopledger_ledger_backlog', help: 'Commands waiting for their commit.', value: ledger.backlog() },
    {
      name: 'loopledger_loop_delay_seconds',
      help: 'Worst recent delay of the event loop.',
      value: pressure.loopDelayMs / 1000,
    },
    { name: 'process_resident_memory_bytes', help: 'Resident memory.', value: memory.rss },
    { name: 'process_heap_bytes', help: 'Heap in use.', value: memory.heapUsed },
    { name: 'process_uptime_seconds', help: 'Seconds since the start.', value: Math.round(process.uptime()) },
  ];
}
