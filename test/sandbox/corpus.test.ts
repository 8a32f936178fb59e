import { test } from 'tap';
import { tiers } from '../../sandbox/port.ts';
import { corpora, mutations, programOf, readCorpus } from '../corpus/problem.ts';
import { score } from '../corpus/score.ts';
import { openTier, skipReason } from '../support/sandbox.ts';

const sizes = { humaneval: 164, mbpp: 427 };

test('the corpora are whole', (t) => {
  for (const corpus of corpora) {
    const problems = readCorpus(corpus);
    t.equal(problems.length, sizes[corpus]);
    for (const problem of problems) {
      const isDefined = new RegExp(`^def ${problem.entry}\\s*\\(`, 'm').test(problem.solution);
      if (!isDefined) t.fail(`${problem.id} does not define ${problem.entry}`);
      t.equal(new Set(mutations.map((mutation) => programOf(problem, mutation))).size, mutations.length);
    }
  }
  t.end();
});

for (const tier of tiers) {
  const skip = await skipReason(tier, 'python');
  for (const corpus of corpora) {
    test(`${tier} tells right solutions of ${corpus} from wrong ones`, { skip, timeout: 580_000 }, async (t) => {
      const port = openTier(tier);
      t.teardown(() => port.close());
      const all = readCorpus(corpus);
      const sample = all.filter((_, index) => index % Math.floor(all.length / 4) === 3);
      for (const mutation of mutations) {
        const { faults, asWanted } = await score(port, sample, { mutation, workers: 2 });
        t.same(faults, [], mutation);
        t.ok(asWanted >= 4);
      }
    });
  }
}
