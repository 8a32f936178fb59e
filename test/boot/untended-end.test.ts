import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'tap';
import { UntendedEnds } from '../../boot/telemetry/untended-end.ts';
import { RunCancelled, RunFailed } from '../../events/run-fact.ts';
import { newId } from '../../kernel/id.ts';
import type { Database } from '../../sql/database.ts';

const tenantId = newId();

/** A database whose runs are read one at a time, and which is away for some of them. */
function open(away: readonly string[] = []) {
  const told: string[] = [];
  const warnings: object[] = [];
  let [reading, most] = [0, 0];
  const read = async (_tenant: string, _statement: unknown, [, id]: readonly string[]) => {
    reading += 1;
    most = Math.max(most, reading);
    await turn();
    reading -= 1;
    if (away.includes(id ?? '')) throw new Error('the database is away');
    const at = '2026-01-01T00:00:00.000Z';
    return [
      { id, version: 2, created_at: at, updated_at: at, position: 2, prompt: '', shown: '{"status":"cancelled"}' },
    ];
  };
  const ends = new UntendedEnds({
    database: { read } as unknown as Database,
    log: { info: () => undefined, warn: (fields) => void warnings.push(fields) },
    tell: ({ runId }, { status }) => void told.push(`${runId} ${status}`),
  });
  return { ends, told, warnings, most: () => most };
}

function cancelled(id: string, fence: number | null) {
  return { type: RunCancelled.type, stream: { type: 'run', id }, data: { fence, best: null } };
}

test('what a worker ends is told by the worker, and everything else here', async (t) => {
  const { ends, told, warnings, most } = open();
  const [one, other, held, failed] = [newId(), newId(), newId(), newId()];
  const failure = { type: RunFailed.type, stream: { type: 'run', id: failed }, data: { fence: 1 } };
  ends.committed({ tenantId, events: [cancelled(one, null), cancelled(held, 3), failure] });
  ends.committed({ tenantId, events: [cancelled(other, null)] });
  await ends.close();
  t.same(told, [`${one} cancelled`, `${other} cancelled`]);
  t.equal(most(), 1);
  t.same(warnings, []);
});

test('a run that cannot be read holds up no other one', async (t) => {
  const [gone, next] = [newId(), newId()];
  const { ends, told, warnings } = open([gone]);
  ends.committed({ tenantId, events: [cancelled(gone, null), cancelled(next, null)] });
  await ends.close();
  t.same(told, [`${next} cancelled`]);
  t.match(warnings, [{ run_id: gone }]);
});

test('of very many ends at once only the first are told', async (t) => {
  const { ends, told } = open();
  ends.committed({ tenantId, events: Array.from({ length: 5_000 }, () => cancelled(newId(), null)) });
  await ends.close();
  t.equal(told.length, 1_000);
});
