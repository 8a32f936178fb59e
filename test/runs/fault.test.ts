import { test } from 'tap';
import { corpora, readCorpus } from '../corpus/problem.ts';
import { repairAll } from '../corpus/repair.ts';
import { openTier, skipReason } from '../support/sandbox.ts';

const skip = await skipReason('bubblewrap', 'python');

test(
  'faults that have a fix are mended in their rounds, and none that has not is called solved',
  { skip, timeout: 580_000 },
  async (t) => {
    const port = openTier('bubblewrap');
    t.teardown(() => port.close());
    for (const corpus of corpora) {
      const all = readCorpus(corpus);
      const sample = all.filter((_, index) => index % Math.floor(all.length / 12) === 1).slice(0, 12);
      const { faults, solved, fixable, falselySolved, total } = await repairAll(port, sample, { workers: 2 });
      t.same(faults, [], corpus);
      t.same([total, fixable, solved, falselySolved], [12, 8, 8, 0], corpus);
    }
  },
);
