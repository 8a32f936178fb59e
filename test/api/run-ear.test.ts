import { test } from 'tap';
import { RunEar } from '../../api/stream/run-ear.ts';
import { Topics } from '../../api/stream/topics.ts';
import { newId } from '../../kernel/id.ts';
import type { Database } from '../../sql/database.ts';
import type { Statement } from '../../sql/statement.ts';
import { until } from '../support/workers.ts';

test('whoever watches very many runs keeps no other tenant from watching its own', async (t) => {
  const topics = new Topics();
  const listener = { hear: () => undefined };
  const [greedy, modest] = [newId(), newId()];
  for (let n = 0; n < 600; n += 1) topics.join(greedy, `run:${newId()}`, listener);
  const own = [newId(), newId()];
  for (const runId of own) topics.join(modest, `run:${runId}`, listener);
  const watched: (readonly [readonly string[], readonly string[]])[] = [];
  const platform = async ({ name }: Statement, [, tenants, runs]: readonly unknown[]) => {
    if (name.startsWith('watch_runs')) watched.push([tenants as string[], runs as string[]]);
    return [];
  };
  const ear = new RunEar({ database: { platform } as unknown as Database, topics, watcher: newId() });
  ear.start();
  await until('it has said so', () => watched.length > 0);
  await ear.stop();
  const [[tenants, runs] = [[], []]] = watched;
  t.equal(runs.length, 500);
  t.same(
    runs.filter((_, at) => tenants[at] === modest),
    own,
  );
});
