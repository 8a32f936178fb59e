// A server of the protocols of OpenAI and Anthropic that is not ours, and our providers pointed at it.
import { LLMock } from '@copilotkit/aimock';
import type { Test } from 'tap';
import { ModelFailure, type ModelRequest } from '../../models/port.ts';
import { openProvider, type ProviderOptions, providerKinds } from '../../models/provider.ts';

export async function startModelServer(t: Test): Promise<LLMock> {
  const server = new LLMock({ port: 0, logLevel: 'silent' });
  await server.start();
  t.teardown(async () => {
    if (isListening(server)) await server.stop();
  });
  return server;
}

function isListening(server: LLMock): boolean {
  try {
    return server.url !== '';
  } catch {
    return false;
  }
}

/** One provider of each kind. */
export function providersOf(server: LLMock, options: Partial<ProviderOptions> = {}) {
  return providerKinds.map((kind) => ({
    kind,
    provider: openProvider({ kind, baseUrl: `${server.url}/v1`, secret: 'sk-secret', fetch, ...options }),
  }));
}

export function questionOf(text: string, more: Partial<ModelRequest> = {}): ModelRequest {
  const messages = [
    { role: 'system', text: 'Be brief.' },
    { role: 'user', text },
  ] as const;
  return { model: 'm-1', purpose: 'code', nth: 1, messages, maxOutputTokens: 100, idempotencyKey: 'k-1', ...more };
}

export async function failureBy(ask: () => Promise<unknown>): Promise<ModelFailure> {
  try {
    await ask();
  } catch (error) {
    if (error instanceof ModelFailure) return error;
    throw error;
  }
  throw new Error('an answer came');
}
