// Whether whoever opened a socket may still read: asked again and again, without the request that opened it.
import type { Call } from '../call.ts';
import type { Credential } from '../http/authentication.ts';

export interface Standing {
  /** The same for all sockets that stand and fall together. */
  readonly id: string;
  /** Null for none in force, undefined when the database has to say. */
  peek(nowMs: number): Credential | null | undefined;
  find(): Promise<Credential | null>;
}

export function standingOf(call: Call): Standing {
  const { authenticator, sessions } = call.api;
  const hash = call.credential?.hash;
  if (hash !== undefined) {
    return { id: hash, peek: (nowMs) => authenticator.peekHash(hash, nowMs), find: () => authenticator.findHash(hash) };
  }
  const token = sessions.tokenOf(call.header('cookie')) ?? '';
  return { id: token, peek: (nowMs) => sessions.peek(token, nowMs), find: () => sessions.find(token) };
}
