// A run that is told of, and somebody who has seen it.
import { acknowledgeAlert, setAlertRules } from '../../commands/alert.ts';
import { advanceRun, requestRun, takeRun } from '../../commands/run.ts';
import { systemActor } from '../../kernel/actor.ts';
import { newId } from '../../kernel/id.ts';
import { listAlerts } from '../../projections/alert.ts';
import type { Run } from './history-tour.ts';
import { type Bench, request } from './ledger.ts';
import { modelCalled, runRequest } from './run.ts';

/** Of a run that nobody works on; only a run can raise one. */
export async function raiseAlert(
  { ledger, database }: Pick<Bench, 'ledger' | 'database'>,
  tenantId: string,
): Promise<string> {
  const run: Run = async (definition, command) => {
    await ledger.execute(request(tenantId, definition, command, { actor: systemActor }));
  };
  return spend(run, database, { tenantId, micros: 500_001 });
}

export async function tourAlerts(run: Run, { database }: Bench, tenantId: string): Promise<void> {
  const rule = { name: 'costly', measure: 'cost_micros', above: 5, project_id: null } as const;
  await run(setAlertRules, { rules_id: tenantId, rules: [rule] });
  await run(acknowledgeAlert, { alert_id: await spend(run, database, { tenantId, micros: 7 }) });
}

interface Spending {
  readonly tenantId: string;
  readonly micros: number;
}

async function spend(run: Run, database: Bench['database'], { tenantId, micros }: Spending): Promise<string> {
  const run_id = newId();
  await run(requestRun, runRequest(run_id));
  await run(takeRun, { run_id, worker: 'one', fence: 1 });
  await run(advanceRun, { run_id, fence: 1, facts: [modelCalled(1, { cost_micros: micros })] });
  const { items } = await listAlerts(database, tenantId, { run_id }, { limit: 1, after: null, count: false });
  return (JSON.parse(items[0] ?? '{}') as { readonly id: string }).id;
}
