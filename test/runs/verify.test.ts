// Honest work is verified, and what only looks like work is not: in each tier that may run it.
import { test, type Test } from 'tap';
import { isSignedBy } from '../../kernel/signing.ts';
import { preAuthenticated } from '../../runs/verify/statement.ts';
import type { SandboxPort, SandboxRequest, SandboxResult } from '../../sandbox/port.ts';
import { deceits, done, trusted, undone } from '../support/deceit.ts';
import { testSigner } from '../support/given.ts';
import { TestRepository } from '../support/repository.ts';
import { openTier, skipReason } from '../support/sandbox.ts';
import { orderWith, verifyBy } from '../support/verifying.ts';

const bindings = ['test:tests/test_add.py::Add', 'code:calc.py#def add'];

for (const tier of ['bubblewrap', 'docker'] as const) {
  const skip = await skipReason(tier, 'python');

  test(`${tier}: honest work is verified, by tests that fail without it`, { skip, timeout: 580_000 }, async (t) => {
    const port = openTier(tier);
    t.teardown(() => port.close());
    const repository = new TestRepository(t);
    const commit = repository.handIn(trusted, done);
    const order = orderWith({ git_remote: repository.url, commit, base: 'tests_ref' }, bindings);
    const { judgement, envelope, predicate, subject } = await verifyBy(port, order);
    t.same(judgement.reasons, []);
    t.ok(judgement.is_passed);
    t.match(subject, [{ name: repository.url, digest: { gitCommit: commit } }]);
    const both = ['tests/test_add.py::Add::test_large', 'tests/test_add.py::Add::test_small'];
    t.match(predicate, { result: 'passed', log_position: 7, seen: { tier, passed: both, failed: [] } });
    t.match(predicate['base'], { failed: both.slice(0, 1) });
    const image = tier === 'docker' ? /^sha256:[0-9a-f]{64}$/ : null;
    t.match(predicate, { seen: { image }, base: { image } });
    const payload = Buffer.from(envelope.payload, 'base64');
    const signature = Buffer.from(envelope.signatures[0]?.sig ?? '', 'base64');
    t.ok(isSignedBy(testSigner.publicKey, preAuthenticated(payload), signature), 'signed for anybody to check');
    t.notOk(isSignedBy(testSigner.publicKey, payload, signature), 'and for nothing else');
  });

  const works = [{ name: 'nothing is done', work: undone, told: /test_large failed/ }, ...deceits];
  for (const [half, name] of ['one half', 'the other half'].entries()) {
    test(`${tier}: what only looks like work is not verified, ${name}`, { skip, timeout: 580_000 }, async (t) => {
      const port = openTier(tier);
      t.teardown(() => port.close());
      for (const deceit of works.filter((_, at) => at % 2 === half)) await refute(t, port, deceit);
    });
  }
}

test(
  'a base of which nothing is seen is looked at once more, and is not one that fails',
  { skip: await skipReason('bubblewrap', 'python') },
  async (t) => {
    const repository = new TestRepository(t);
    const commit = repository.handIn(trusted, done);
    const order = orderWith({ git_remote: repository.url, commit, base: 'tests_ref' }, bindings);
    for (const lost of [1, 2]) {
      const port = openTier('bubblewrap');
      t.teardown(() => port.close());
      let runs = 0;
      const breaking = {
        ...port,
        run: async (request: SandboxRequest): Promise<SandboxResult> => {
          const result = await port.run(request);
          runs += 1;
          return runs > 1 && runs <= 1 + lost ? { ...result, verdict: 'oom' } : result;
        },
      } as SandboxPort;
      const { judgement } = await verifyBy(breaking, order);
      t.equal(runs, 3);
      t.equal(judgement.is_passed, lost === 1);
      t.match(judgement.reasons, lost === 1 ? [] : [/could not be seen \(tests_ref\): .*oom/]);
    }
  },
);

async function refute(t: Test, port: SandboxPort, { name, work, told }: (typeof deceits)[number]): Promise<void> {
  const repository = new TestRepository(t);
  const commit = repository.handIn(trusted, work);
  const { judgement } = await verifyBy(port, orderWith({ git_remote: repository.url, commit }, bindings));
  t.notOk(judgement.is_passed, name);
  t.match(judgement.reasons.join('\n'), told, `${name}: ${judgement.reasons[0]}`);
}
