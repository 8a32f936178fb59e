// A collector of OpenTelemetry that keeps what arrives: OTLP over HTTP, as JSON.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';

interface Keyed {
  readonly key: string;
  readonly value: {
    readonly stringValue?: string;
    readonly intValue?: number | string;
    readonly doubleValue?: number;
    readonly boolValue?: boolean;
    readonly arrayValue?: { readonly values: readonly Keyed['value'][] };
  };
}

interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Keyed[];
  readonly status: { readonly code?: number };
}

interface SentMetric {
  readonly name: string;
  readonly sum?: { readonly isMonotonic: boolean; readonly dataPoints: readonly SentPoint[] };
  readonly gauge?: { readonly dataPoints: readonly SentPoint[] };
  readonly histogram?: { readonly dataPoints: readonly SentPoint[] };
}

interface SentPoint {
  readonly attributes: readonly Keyed[];
  readonly asDouble?: number;
  readonly count?: number | string;
  readonly sum?: number;
  readonly bucketCounts?: readonly (number | string)[];
  readonly explicitBounds?: readonly number[];
}

interface Body {
  readonly resourceSpans?: readonly {
    readonly resource: { readonly attributes: readonly Keyed[] };
    readonly scopeSpans: readonly { readonly spans: readonly SentSpan[] }[];
  }[];
  readonly resourceMetrics?: readonly {
    readonly scopeMetrics: readonly { readonly metrics: readonly SentMetric[] }[];
  }[];
}

type Told = string | number | boolean | readonly unknown[] | undefined;

export function toldOf(attributes: readonly Keyed[]): Record<string, Told> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]));
}

function valueOf({ stringValue, intValue, doubleValue, boolValue, arrayValue }: Keyed['value']): Told {
  if (arrayValue !== undefined) return arrayValue.values.map(valueOf);
  return stringValue ?? boolValue ?? doubleValue ?? (intValue === undefined ? undefined : Number(intValue));
}

export interface Collector {
  readonly url: string;
  /** Of all that arrived. */
  text(): string;
  requests(): number;
  headers(): IncomingHttpHeaders | undefined;
  spans(): SentSpan[];
  /** The last of each name. */
  metrics(): ReadonlyMap<string, SentMetric>;
  resource(): Record<string, Told>;
}

export type Manner = 'answers' | 'hangs' | 'refuses';

export async function startCollector(t: Test, manner: Manner = 'answers'): Promise<Collector> {
  const texts: string[] = [];
  const bodies: Body[] = [];
  let headers: IncomingHttpHeaders | undefined;
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    headers = request.headers;
    void take(request, response);
  });
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await bodyOf(request);
    texts.push(text);
    bodies.push(JSON.parse(text) as Body);
    if (manner === 'hangs') return;
    response.writeHead(manner === 'answers' ? 200 : 500, { 'content-type': 'application/json' });
    response.end('{}');
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const resources = () => bodies.flatMap(({ resourceSpans = [] }) => resourceSpans);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    text: () => texts.join('\n'),
    requests: () => requests,
    headers: () => headers,
    spans: () => resources().flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    metrics: () =>
      new Map(
        bodies
          .flatMap(({ resourceMetrics = [] }) => resourceMetrics)
          .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
          .map((metric) => [metric.name, metric]),
      ),
    resource: () => toldOf(resources()[0]?.resource.attributes ?? []),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request.setEncoding('utf8')) text += part as string;
  return text;
}
