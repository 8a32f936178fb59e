// A run that is told of, and somebody who has seen it.
import { acknowledgeAlert, setAlertRules } from '../../commands/alert.ts';
import { advanceRun, requestRun, takeRun } from '../../commands/run.ts';
import { newId } from '../../kernel/id.ts';
import { listAlerts } from '../../projections/alert.ts';
import type { Run } from './history-tour.ts';
import type { Bench } from './ledger.ts';
import { modelCalled, runRequest } from './run.ts';

export async function tourAlerts(run: Run, { database }: Bench, tenantId: string): Promise<void> {
  const rule = { name: 'costly', measure: 'cost_micros', above: 5, project_id: null } as const;
  await run(setAlertRules, { rules_id: tenantId, rules: [rule] });
  const run_id = newId();
  await run(requestRun, runRequest(run_id));
  await run(takeRun, { run_id, worker: 'one', fence: 1 });
  await run(advanceRun, { run_id, fence: 1, facts: [modelCalled(1)] });
  const { items } = await listAlerts(database, tenantId, { run_id }, { limit: 1, after: null, count: false });
  const { id: alert_id } = JSON.parse(items[0] ?? '{}') as { id: string };
  await run(acknowledgeAlert, { alert_id, note: 'Seen.' });
}
