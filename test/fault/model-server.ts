// A provider of models that counts: it first writes a bug and then mends it, and remembers what it was asked, and when.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ModelServer {
  readonly url: string;
  /** By question: when each was asked. */
  readonly asked: ReadonlyMap<string, readonly number[]>;
  close(): void;
}

const fence = '```';
const bug = `${fence}python\ndef add(a, b):\n    return a - b\n${fence}`;
const review = JSON.stringify({
  root_cause: 'It subtracts.',
  error_class: 'logic',
  fix: 'Add instead.',
  code: 'def add(a, b):\n    return a + b\n',
  confidence: 0.9,
  changes: ['the operator'],
});

export const mendedPrompt = 'Write add(a, b), which gives the sum.';
export const mendedTests = 'assert add(1, 2) == 3\nassert add(0, 0) == 0\n';

export async function openModelServer(answerMs: number): Promise<ModelServer> {
  const asked = new Map<string, number[]>();
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { key, purpose } = JSON.parse(Buffer.concat(parts).toString()) as { key: string; purpose: string };
      asked.set(key, [...(asked.get(key) ?? []), Date.now()]);
      void sleep(answerMs).then(() => response.end(purpose === 'review' ? review : bug));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    asked,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
