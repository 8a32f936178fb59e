import { test } from 'tap';
import type { JsonObject } from '../../kernel/event.ts';
import { type Seen, signedStatement } from '../../runs/verify/statement.ts';
import { idOf, testSigner } from '../support/given.ts';
import { orderWith } from '../support/verifying.ts';

const hashes = { commit: 'a'.repeat(40), base: 'b'.repeat(40), tests: 'c'.repeat(40) };

function seen(hash: string, image: string | null, outcome: 'passed' | 'failed'): Seen {
  const tree = {
    tests: new Map([['tests/a.py::one', outcome]]),
    faults: [],
    lost: null,
    log: 'said',
    environment: 'Python 3',
  };
  return { tree, tier: image === null ? 'bubblewrap' : 'docker', image, hash };
}

async function predicateOf(commit: Seen | null, base: Seen | null, reasons: readonly string[] = []) {
  const told = { git_remote: 'https://git.example.com/x', commit: hashes.commit };
  const order = orderWith(told, ['test:tests/a.py', 'code:src/a.py']);
  const finding = { tenantId: idOf(1), runId: idOf(2), position: 41, at: '2026-01-01T00:00:00.000Z', order };
  const text = await signedStatement({ ...finding, testsHash: hashes.tests, commit, base, reasons }, async (bytes) => ({
    keyId: testSigner.keyId,
    signature: testSigner.sign(bytes),
  }));
  const { payload } = JSON.parse(text) as { readonly payload: string };
  return (JSON.parse(Buffer.from(payload, 'base64').toString()) as { readonly predicate: JsonObject }).predicate;
}

test('a statement says what was seen on the commit and on the base, and in which image', async (t) => {
  const image = `sha256:${'d'.repeat(64)}`;
  const predicate = await predicateOf(seen(hashes.commit, image, 'passed'), seen(hashes.base, null, 'failed'));
  t.match(predicate, {
    result: 'passed',
    reasons: [],
    log_position: 41,
    cycle: 1,
    criteria_revision: 1,
    criteria: [
      { binding: 'test:tests/a.py', note: null },
      { binding: 'code:src/a.py', note: null },
    ],
    tests: { ref: 'main', commit: hashes.tests, folder: 'tests', runner: 'unittest' },
    seen: {
      commit: hashes.commit,
      tier: 'docker',
      image,
      environment: 'Python 3',
      passed: ['tests/a.py::one'],
      failed: [],
    },
    base: { commit: hashes.base, tier: 'bubblewrap', image: null, passed: [], failed: ['tests/a.py::one'] },
  });
  t.match(await predicateOf(null, null, ['It could not be fetched.']), {
    result: 'failed',
    reasons: ['It could not be fetched.'],
    seen: null,
    base: null,
  });
});

test('what programs print in halves of characters is signed all the same', async (t) => {
  const printed = seen(hashes.commit, null, 'passed');
  const tree = { ...printed.tree, log: 'half \ud83d', tests: new Map([['tests/a.py::\udc00', 'passed' as const]]) };
  const { seen: told } = (await predicateOf({ ...printed, tree }, null, ['\ud83d'])) as { readonly seen: JsonObject };
  t.match(told, { printed: 'half \uFFFD', passed: ['tests/a.py::\uFFFD'] });
});
