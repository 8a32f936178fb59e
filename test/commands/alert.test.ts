import { test } from 'tap';
import { acknowledgeAlert, setAlertRules } from '../../commands/alert.ts';
import { advanceRun, cancelRun, requestRun, takeRun } from '../../commands/run.ts';
import { AlertAcknowledged, AlertRaised, type AlertRule, AlertRulesSet } from '../../events/alert.ts';
import { RunTaken } from '../../events/run-fact.ts';
import { TenantFounded } from '../../events/tenant.ts';
import { systemActor } from '../../kernel/actor.ts';
import type { NewEvent } from '../../kernel/event.ts';
import { record } from '../../kernel/stream.ts';
import { firstAlertRules } from '../../policies/alert.ts';
import type { StepFact } from '../../runs/step.ts';
import { given, idOf, tenantId } from '../support/given.ts';
import { executed, modelCalled, runRequest } from '../support/run.ts';
import { projectCreated, projectId } from '../support/work.ts';

const founded = record(TenantFounded, { type: 'tenant', id: tenantId }, { name: 'T', slug: 't' }, null);
const run_id = idOf(1);
const begun = '2026-01-01T00:00:00.000Z';
const taken = record(
  RunTaken,
  { type: 'run', id: run_id },
  { worker: 'w', fence: 1, deadline_at: '2026-01-01T00:10:00.000Z' },
  null,
);
/** Only `when` is used of it, which asserts nothing. */
const [requested] = given(null as never, founded).when(requestRun, runRequest(run_id)).events as [NewEvent];
const running = [founded, requested, taken];
const rulesOf = (...rules: AlertRule[]) =>
  record(AlertRulesSet, { type: 'alert_rules', id: tenantId }, { rules }, null);
const noted = (...facts: StepFact[]) =>
  facts.map(({ kind, data }) => record(kind, { type: 'run', id: run_id }, { ...data, fence: 1 }, null));

interface Told {
  readonly rule: string;
  readonly value: number;
}

function toldOf(events: readonly NewEvent[]): Told[] {
  return events
    .filter(({ type }) => type === AlertRaised.type)
    .map(({ data }) => ({ rule: data['rule'] as string, value: data['value'] as number }));
}

function advance(history: readonly NewEvent[], facts: readonly StepFact[], now = begun) {
  return given(null as never, ...history)
    .by(systemActor)
    .at(now)
    .when(advanceRun, { run_id, fence: 1, facts });
}

test('a run that costs more than half a dollar is told of, once', (t) => {
  const dear = modelCalled(1, { cost_micros: 500_001 });
  const { events } = advance(running, [dear]);
  const [called, raised, ...others] = events;
  t.same(others, []);
  t.same(called, noted(dear)[0]);
  const data = { run_id, rule: 'costly', measure: 'cost_micros', above: 500_000, value: 500_001, project_id: null };
  t.match(raised, { type: 'alert.raised', stream: { type: 'alert' }, project_id: null, data });
  t.same(toldOf(advance([...running, ...events], [modelCalled(2)]).events), []);
  t.same(toldOf(advance(running, [modelCalled(1, { cost_micros: 500_000 })]).events), [], 'not at the limit');
  t.end();
});

test('a run of many turns is told of', (t) => {
  const fifteen = Array.from({ length: 15 }, (_, at) => modelCalled(at + 1));
  t.same(toldOf(advance(running, fifteen).events), []);
  t.same(toldOf(advance([...running, ...noted(...fifteen)], [modelCalled(16)]).events), [
    { rule: 'many-turns', value: 16 },
  ]);
  t.end();
});

test('errors of tools are told of from the third use on, and failing code is none', (t) => {
  const unanswered = { error: { class: 'limited', detail: '429' }, output: null };
  const broken = executed(1, { verdict: 'sandbox_error', is_solved: false });
  const wrong = executed(1, { verdict: 'nonzero', is_solved: false });
  t.same(toldOf(advance(running, [modelCalled(1, unanswered), broken]).events), []);
  t.same(toldOf(advance(running, [modelCalled(1, unanswered), modelCalled(2), broken]).events), [
    { rule: 'tool-errors', value: 66.7 },
  ]);
  t.same(toldOf(advance(running, [modelCalled(1), modelCalled(2), wrong, wrong]).events), []);
  const threeOfTen = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((call) => modelCalled(call, call > 7 ? unanswered : {}));
  t.same(toldOf(advance(running, threeOfTen).events), [], 'thirty of a hundred are not more than thirty');
  t.end();
});

test('a run that hangs is told of though nothing happened to it', (t) => {
  t.same(toldOf(advance(running, [], '2026-01-01T00:02:00.000Z').events), []);
  const { events } = advance(running, [], '2026-01-01T00:02:00.001Z');
  t.same(toldOf(events), [{ rule: 'slow', value: 120.001 }]);
  t.equal(events.length, 1);
  const again = given(t, ...running)
    .by(systemActor)
    .at('2026-01-01T00:03:00.000Z')
    .when(takeRun, { run_id, worker: 'x', fence: 2 });
  t.same(toldOf(again.events), [{ rule: 'slow', value: 180 }], 'by whoever takes it after a worker died');
  t.same(toldOf(given(t, founded, requested).at('2026-01-01T01:00:00.000Z').when(cancelRun, { run_id }).events), []);
  t.end();
});

test('rules of the tenant take the place of the first ones', (t) => {
  const cheap: AlertRule = { name: 'cheap', measure: 'cost_micros', above: 6, project_id: null };
  t.same(toldOf(advance([...running, rulesOf(cheap)], [modelCalled(1)]).events), [{ rule: 'cheap', value: 7 }]);
  t.same(toldOf(advance([...running, rulesOf({ ...cheap, project_id: projectId() })], [modelCalled(1)]).events), []);
  t.same(toldOf(advance([...running, rulesOf()], [modelCalled(1, { cost_micros: 9_000_000 })]).events), []);
  const other = { ...cheap, name: 'other' };
  const told = advance([...running, rulesOf(cheap)], [modelCalled(1)]).events;
  t.same(toldOf(advance([...running, ...told, rulesOf(cheap, other)], []).events), [{ rule: 'other', value: 7 }]);
  t.end();
});

test('a user says what is told of runs', (t) => {
  const { rules } = firstAlertRules;
  const command = { rules_id: tenantId, rules };
  given(t, founded)
    .when(setAlertRules, command)
    .thenEvents(rulesOf(...rules));
  given(t, founded, rulesOf(...rules))
    .when(setAlertRules, command)
    .thenEvents();
  const [rule] = rules as [AlertRule];
  given(t, founded)
    .when(setAlertRules, { ...command, rules: [rule, rule] })
    .thenRefused('alert_rule_twice');
  const ours = { ...command, rules: [{ ...rule, project_id: projectId() }] };
  given(t, founded).when(setAlertRules, ours).thenRefused('project_not_found');
  given(t, founded, projectCreated())
    .when(setAlertRules, ours)
    .thenEvents(rulesOf(...ours.rules));
  given(t).when(setAlertRules, command).thenRefused('tenant_not_found');
  for (const role of ['agent', 'orchestrator'] as const) {
    given(t, founded).by(role).when(setAlertRules, command).thenRefused('role_forbidden');
  }
  t.end();
});

test('an alert is acknowledged by a user, once', (t) => {
  const alert_id = idOf(7);
  const ref = { type: 'alert', id: alert_id };
  const data = { run_id, rule: 'costly', measure: 'cost_micros', above: 1, value: 2, project_id: null } as const;
  const raised = record(AlertRaised, ref, data, null);
  const seen = record(AlertAcknowledged, ref, {}, null);
  given(t, founded, raised).when(acknowledgeAlert, { alert_id }).thenEvents(seen);
  given(t, founded, raised, seen).when(acknowledgeAlert, { alert_id }).thenEvents();
  given(t, founded).when(acknowledgeAlert, { alert_id }).thenRefused('alert_not_found');
  for (const role of ['agent', 'orchestrator'] as const) {
    given(t, founded, raised).by(role).when(acknowledgeAlert, { alert_id }).thenRefused('role_forbidden');
  }
  t.end();
});
