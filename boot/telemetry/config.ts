// The settings of OpenTelemetry, by their standard names. Without an endpoint nothing is measured for it and nothing sent.
import { type Environment, nonsense, readInteger, readPublicUrl, readText } from '../environment.ts';
import { refuseBoot } from '../refusal.ts';

export interface TelemetryConfig {
  /** Null sends none of it. */
  readonly tracesUrl: string | null;
  readonly metricsUrl: string | null;
  /** They may hold credentials, so they are never shown. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly metricIntervalMs: number;
  readonly serviceName: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export const telemetryNames = [
  'OTEL_SDK_DISABLED',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
  'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT',
  'OTEL_EXPORTER_OTLP_PROTOCOL',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_EXPORTER_OTLP_TIMEOUT',
  'OTEL_METRIC_EXPORT_INTERVAL',
  'OTEL_SERVICE_NAME',
  'OTEL_RESOURCE_ATTRIBUTES',
] as const;

const longestMs = 3_600_000;

export function readTelemetry(env: Environment): TelemetryConfig | null {
  if (readText(env, 'OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return null;
  const endpoint = readPublicUrl(env, 'OTEL_EXPORTER_OTLP_ENDPOINT');
  const below = (signal: string): string | null => (endpoint === null ? null : `${endpoint}/v1/${signal}`);
  const tracesUrl = readPublicUrl(env, 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') ?? below('traces');
  const metricsUrl = readPublicUrl(env, 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT') ?? below('metrics');
  if (tracesUrl === null && metricsUrl === null) return null;
  const protocol = readText(env, 'OTEL_EXPORTER_OTLP_PROTOCOL');
  if (protocol !== null && protocol !== 'http/json') {
    throw nonsense('OTEL_EXPORTER_OTLP_PROTOCOL', protocol, 'http/json, which is what this server speaks');
  }
  return {
    tracesUrl,
    metricsUrl,
    headers: readPairs(env, 'OTEL_EXPORTER_OTLP_HEADERS'),
    timeoutMs: readInteger(env, 'OTEL_EXPORTER_OTLP_TIMEOUT', [1, longestMs]) ?? 10_000,
    metricIntervalMs: readInteger(env, 'OTEL_METRIC_EXPORT_INTERVAL', [100, longestMs]) ?? 60_000,
    serviceName: readText(env, 'OTEL_SERVICE_NAME') ?? 'loopledger',
    attributes: readPairs(env, 'OTEL_RESOURCE_ATTRIBUTES'),
  };
}

/** `name=value,other=value`, percent-encoded. What is wrong may be a credential, so it is not repeated. */
function readPairs(env: Environment, name: string): Record<string, string> {
  const text = readText(env, name) ?? '';
  const pairs = text.split(',').filter((pair) => pair.trim() !== '');
  return Object.fromEntries(pairs.map((pair) => readPair(name, pair)));
}

function readPair(name: string, pair: string): [string, string] {
  const at = pair.indexOf('=');
  const key = pair.slice(0, Math.max(at, 0)).trim();
  const value = decoded(pair.slice(at + 1).trim());
  if (key !== '' && value !== null) return [key, value];
  throw refuseBoot('config_invalid', `${name} must be a list such as name=value,other=value, percent-encoded.`);
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
