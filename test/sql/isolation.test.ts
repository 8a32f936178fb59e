import { test } from 'tap';
import { checkBehaviour } from '../hardening/behaviour.ts';
import { openSite } from '../hardening/site.ts';

test('no role reads, writes, moves or points at a row of another tenant', async (t) => {
  t.same(await checkBehaviour(await openSite(t)), []);
});
