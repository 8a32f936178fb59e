// What an error of the database means to a caller, when a constraint is the last line of a rule.
import { codeOf } from './database.ts';
import type { Registry } from './registry.ts';

export function refusalOf(registry: Registry, error: unknown): unknown {
  if (!(error instanceof Error) || !codeOf(error).startsWith('23')) return error;
  const name = 'constraint' in error && typeof error.constraint === 'string' ? error.constraint : '';
  return registry.constraints.get(name)?.() ?? error;
}
