// What authenticators are bound to: a domain, and the origins of the pages on it.
import { isIP } from 'node:net';
import type { Config } from './config.ts';
import { refuseBoot } from './refusal.ts';

export interface RelyingPartyOptions {
  readonly rpId: string;
  readonly rpName: string;
  readonly origins: readonly string[];
}

/** As it is set; else as callers reach the server; else this machine, which browsers trust without https. */
export function relyingPartyOf(config: Pick<Config, 'publicUrl' | 'rpId' | 'rpName' | 'origins'>, port: number) {
  const reached = config.publicUrl === null ? null : new URL(config.publicUrl);
  const isNamed = reached !== null && isIP(reached.hostname.replace(/^\[|\]$/g, '')) === 0;
  const origins = [isNamed ? reached.origin : `http://localhost:${port}`];
  const party: RelyingPartyOptions = {
    rpId: config.rpId ?? (isNamed ? reached.hostname : 'localhost'),
    rpName: config.rpName ?? 'Loopledger',
    origins: config.origins.length > 0 ? config.origins : origins,
  };
  for (const origin of party.origins) requireWithin(party.rpId, origin);
  return party;
}

function requireWithin(rpId: string, origin: string): void {
  const { hostname } = new URL(origin);
  if (hostname === rpId || hostname.endsWith(`.${rpId}`)) return;
  const sentence = `LOOPLEDGER_ORIGINS holds ${origin}, which is not on the domain ${rpId} of LOOPLEDGER_RP_ID.`;
  throw refuseBoot('config_invalid', sentence);
}
