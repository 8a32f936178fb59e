import { test } from 'tap';
import { startHealthServer } from '../../boot/health-server.ts';
import { findFreePort } from '../../boot/postgres-server.ts';

test('a process without the API tells its lag to whoever may read metrics', async (t) => {
  const port = await findFreePort();
  let metricsToken: string | null = null;
  const access = {
    get metricsToken() {
      return metricsToken;
    },
    trustProxy: false,
    webhookAllowPrivate: false,
    gitAllowLocal: false,
  };
  const gauges = () => [{ name: 'loopledger_search_lag_positions', help: 'Lag.', value: 7 }];
  let healthy = true;
  const run = () => (healthy ? Promise.resolve() : Promise.reject(new Error('away')));
  const checks = [{ name: 'database', run }];
  const server = await startHealthServer({ host: '127.0.0.1', port }, { checks, gauges, access });
  t.teardown(() => server.close());
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers });
  const open = await get('/metrics');
  t.equal(open.status, 200);
  t.match(await open.text(), /^loopledger_search_lag_positions 7$/m);
  t.equal((await get('/metrics', { 'x-forwarded-for': '10.0.0.1' })).status, 401);
  metricsToken = 'a-token-for-the-metrics';
  t.equal((await get('/metrics')).status, 401);
  t.equal((await get('/metrics', { authorization: `Bearer ${metricsToken}` })).status, 200);
  t.equal((await get('/readyz')).status, 200);
  healthy = false;
  t.equal((await get('/readyz')).status, 503);
  t.equal((await get('/livez')).status, 200);
  t.equal((await get('/else')).status, 404);
});
