// Operator: a person who runs the tenant. Proves itself with authenticators, and never with a password.
import { type Static, Type } from 'typebox';
import { Name } from '../kernel/shape.ts';
import { born, defineStream, eventType } from '../kernel/stream.ts';

export const operatorFields = {
  name: Name,
  email: Type.String({
    minLength: 3,
    maxLength: 254,
    pattern: '^[^\\s@\\u0000-\\u001f\\u007f]+@[^\\s@\\u0000-\\u001f\\u007f]+$',
  }),
} as const;

export const OperatorEnlisted = eventType(
  'operator.enlisted',
  Type.Object(operatorFields, { additionalProperties: false }),
  'A person became operator of the tenant.',
);

export type Operator = Static<typeof OperatorEnlisted.shape>;

export const operatorStream = defineStream<Operator>('operator', [born(OperatorEnlisted, (data) => data)]);
