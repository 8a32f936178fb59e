import { test } from 'tap';
import { newId } from '../../kernel/id.ts';
import { auditTile } from '../../sql/log-audit.ts';
import { openTestLedger } from '../support/ledger.ts';
import { growLog, tamper, testSealing, TestSigners } from '../support/sealing.ts';

test('an entry that is edited long after it was signed for is found in its tile', async (t) => {
  const { urls, database, ledger } = await openTestLedger(t);
  const tenantId = newId();
  await growLog(ledger, tenantId, 600);
  await testSealing(database, new TestSigners()).seal(tenantId);
  for (const tile of [0, 1, 2, 99]) t.equal(await auditTile(database, tenantId, tile), null, `tile ${tile}`);
  t.equal(await auditTile(database, newId(), 0), null);
  await tamper(
    urls,
    `update ledger.events set entry = replace(entry, 'Gr', 'gr') where position in (300, 310)`,
    `delete from ledger.events where position = 5`,
  );
  t.match(await auditTile(database, tenantId, 1), {
    kind: 'chain_broken',
    position: 300,
    promised: /^[0-9a-f]{64}$/,
    found: /^[0-9a-f]{64}$/,
  });
  t.match(await auditTile(database, tenantId, 0), { kind: 'chain_broken', position: 5 });
  await tamper(urls, 'delete from ledger.events');
  t.match(await auditTile(database, tenantId, 1), { kind: 'chain_broken', position: 257, found: null });
});
