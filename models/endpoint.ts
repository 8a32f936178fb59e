// An endpoint of a tenant as a port.
import { type Dispatcher, fetch as fetchBy } from 'undici';
import type { Fetch } from './bounded-fetch.ts';
import { ModelFailure, type ModelPort } from './port.ts';
import type { providerKinds } from './provider.ts';
import { openScripts } from './scripted.ts';

export interface EndpointToAsk {
  readonly kind: (typeof providerKinds)[number] | 'scripted';
  /** Null of the scripted one alone. */
  readonly baseUrl: string | null;
  readonly secret: string | null;
}

export interface Asking {
  /** It judges every address; whoever closes it ends what is asked through it. */
  readonly wayOut: Dispatcher;
  /** The folder of scripts; null where none are answered from. */
  readonly scripts: string | null;
  readonly firstTokenMs?: number;
  readonly totalMs?: number;
}

/** By folder: what scripts count is counted in the process, whoever asks. */
const scriptsIn = new Map<string, ModelPort>();

function scriptsOf(folder: string): ModelPort {
  const known = scriptsIn.get(folder) ?? openScripts(folder);
  scriptsIn.set(folder, known);
  return known;
}

export function openEndpoint({ kind, baseUrl, secret }: EndpointToAsk, asking: Asking): ModelPort {
  const { wayOut, scripts, ...times } = asking;
  if (kind === 'scripted') return scripts === null ? unasked('No scripts are answered from here.') : scriptsOf(scripts);
  if (baseUrl === null) return unasked('It has no address.');
  return {
    async ask(request) {
      // The SDK is not read before a model is asked.
      const { openProvider } = await import('./provider.ts');
      return openProvider({ kind, baseUrl, secret, fetch: fetchThrough(wayOut), ...times }).ask(request);
    },
  };
}

function unasked(detail: string): ModelPort {
  return { ask: () => Promise.reject(new ModelFailure('rejected', detail, { isFree: true })) };
}

/** The dispatcher must be of the same release as what fetches by it, so that is not the one of the platform. */
function fetchThrough(dispatcher: Dispatcher): Fetch {
  const fetch = fetchBy as unknown as (input: string | URL, init: object) => Promise<Response>;
  return (input, init) => fetch(input, { ...init, dispatcher });
}
