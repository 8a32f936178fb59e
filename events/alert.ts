// Alerts: what a tenant wants to be told of its runs, and that it was. The rules are one document of the tenant.
import { type Static, Type } from 'typebox';
import { Id, Slug } from '../kernel/shape.ts';
import { born, defineStream, eventType, when } from '../kernel/stream.ts';

const closed = { additionalProperties: false } as const;

const alertMeasures = ['cost_micros', 'turns', 'tool_errors_percent', 'seconds'] as const;
const Amount = Type.Number({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Measure = Type.Enum([...alertMeasures], {
  description:
    'Millionths of a US dollar; calls of models; of a hundred calls of models and sandboxes those that ended in an error ' +
    'of theirs; seconds since a worker took the run first',
});

export const AlertRule = Type.Object(
  {
    name: Slug,
    measure: Measure,
    above: Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'A run is told of once it has more',
    }),
    at_least: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000,
        description: 'Calls before a share of them is judged; 3 unless said',
      }),
    ),
    project_id: Type.Union([Id, Type.Null()], { description: 'Only runs of this project' }),
  },
  closed,
);
export type AlertRule = Static<typeof AlertRule>;
export const AlertRules = Type.Object({ rules: Type.Array(AlertRule, { maxItems: 50 }) }, closed);
export type AlertRules = Static<typeof AlertRules>;

export const AlertRulesSet = eventType(
  'alert_rules.set',
  AlertRules,
  'It was said what people want to be told of runs.',
);

/** Each time all of them are said. */
export const alertRulesStream = defineStream<AlertRules>('alert_rules', [
  { kind: AlertRulesSet, apply: (_state, data) => data as AlertRules },
]);

export const alertFields = {
  run_id: Id,
  rule: Slug,
  measure: Measure,
  above: Amount,
  value: Type.Number({ ...Amount, description: 'Of the run, when it was told of' }),
} as const;

export const AlertRaised = eventType(
  'alert.raised',
  Type.Object({ ...alertFields, project_id: Type.Union([Id, Type.Null()]) }, closed),
  'A run has more of something than a rule allows. Told once for each run and rule.',
);
export const AlertAcknowledged = eventType(
  'alert.acknowledged',
  Type.Object({}, closed),
  'A person has seen an alert.',
);

export interface Alert extends Static<typeof AlertRaised.shape> {
  readonly status: 'raised' | 'acknowledged';
}

export const alertStream = defineStream<Alert>('alert', [
  born(AlertRaised, (data) => ({ ...data, status: 'raised' })),
  when(AlertAcknowledged, (alert) => ({ ...alert, status: 'acknowledged' })),
]);
