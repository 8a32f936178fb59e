// Who may say what is told of runs, and when a run is told of: in the very commit that makes it so.
import type { RoleRule } from '../kernel/actor.ts';
import type { LookupDefinition, World } from '../kernel/command.ts';
import type { Loaded, NewEvent } from '../kernel/event.ts';
import { defineRefusals } from '../kernel/refusal.ts';
import { record } from '../kernel/stream.ts';
import { msBetween } from '../kernel/timestamp.ts';
import {
  type Alert,
  AlertRaised,
  type AlertRule,
  type AlertRules,
  alertRulesStream,
  alertStream,
} from '../events/alert.ts';
import { type Run, runStream } from '../events/run.ts';
import { projectOf } from './project.ts';
import type { RunAt } from './verification-outcome.ts';

export const alertPolicy = {
  read: { atLeast: 'orchestrator' },
  set: { atLeast: 'user' },
  acknowledge: { atLeast: 'user' },
} as const satisfies Record<string, RoleRule>;

export const alertRefusals = defineRefusals({
  alert_not_found: {
    kind: 'missing',
    title: 'No such alert',
    remedy: 'List the alerts with GET /api/v1/alerts.',
  },
  alert_rule_twice: {
    kind: 'rejected',
    title: 'Two rules have the same name',
    remedy: 'Give each rule a name of its own: a run is told of once by each name.',
  },
  alert_raised_before: {
    kind: 'conflict',
    title: 'The run was told of by that rule before',
    remedy: 'Nothing is to be done: GET /api/v1/alerts lists it.',
  },
});

/** What holds until somebody says otherwise. */
export const firstAlertRules: AlertRules = {
  rules: [
    { name: 'costly', measure: 'cost_micros', above: 500_000, project_id: null },
    { name: 'many-turns', measure: 'turns', above: 15, project_id: null },
    { name: 'tool-errors', measure: 'tool_errors_percent', above: 30, at_least: 3, project_id: null },
    { name: 'slow', measure: 'seconds', above: 120, project_id: null },
  ],
};

const leastUses = 3;

/** Names of the rules by which a run was told of. */
export const alertsOfRun: LookupDefinition<readonly string[]> = {
  name: 'alerts-of-run',
  keyOf: ({ type, data }) => (type === AlertRaised.type ? (data['run_id'] as string) : null),
  fold: (names, { data }) => [...names, data['rule'] as string],
};

export function alertOf(world: World, id: string): Loaded<Alert> {
  const alert = world.find(alertStream, id);
  if (alert === undefined) throw alertRefusals.refuse('alert_not_found', 'There is no such alert.');
  return alert;
}

export function requireFitRules(world: World, { rules }: AlertRules): void {
  if (new Set(rules.map(({ name }) => name)).size < rules.length) {
    throw alertRefusals.refuse('alert_rule_twice', 'Each rule has a name of its own.');
  }
  for (const { project_id } of rules) if (project_id !== null) projectOf(world, project_id);
}

/** Null while there is nothing to judge. */
function measured(run: Run, { measure, at_least = leastUses }: AlertRule, now: string): number | null {
  switch (measure) {
    case 'cost_micros':
      return run.cost_micros;
    case 'turns':
      return run.calls;
    case 'tool_errors_percent':
      return run.tool_uses < at_least ? null : Math.round((run.tool_errors * 1_000) / run.tool_uses) / 10;
    default:
      return secondsOf(run, now);
  }
}

function secondsOf({ deadline_at, limits }: Run, now: string): number | null {
  if (deadline_at === null) return null;
  return Math.max(0, msBetween(deadline_at, now) + limits.deadline_s * 1_000) / 1_000;
}

interface Exceeded {
  readonly rule: AlertRule;
  readonly value: number;
}

function exceededBy(run: Run, { rules }: AlertRules, now: string): Exceeded[] {
  return rules.flatMap((rule) => {
    if (rule.project_id !== null && rule.project_id !== run.project_id) return [];
    const value = measured(run, rule, now);
    return value === null || value <= rule.above ? [] : [{ rule, value }];
  });
}

/** For whoever writes facts to a run: what there is to tell when they are written. */
export function alertFactsOf(world: World, { id: run_id, state }: RunAt, written: readonly NewEvent[]): NewEvent[] {
  const run = after(state, written);
  const rules = world.find(alertRulesStream, world.tenantId)?.state ?? firstAlertRules;
  const exceeded = exceededBy(run, rules, world.now);
  if (exceeded.length === 0) return [];
  const told = world.lookup(alertsOfRun, run_id);
  const { project_id } = run;
  return exceeded
    .filter(({ rule }) => !told.includes(rule.name))
    .map(({ rule: { name, measure, above }, value }) =>
      record(
        AlertRaised,
        { type: 'alert', id: world.newId() },
        { run_id, rule: name, measure, above, value, project_id },
        project_id,
      ),
    );
}

function after(state: Run, written: readonly NewEvent[]): Run {
  return written
    .filter(({ stream }) => stream.type === runStream.type)
    .reduce((run, event) => runStream.evolve(run, { ...event, version: 0, actor: {} }), state);
}
