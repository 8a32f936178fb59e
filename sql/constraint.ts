// What an error of the database means to a caller, when a constraint is the last line of a rule.
import { codeOf } from './database.ts';
import type { Registry } from './registry.ts';

export function refusalOf(registry: Registry, cause: unknown): Error {
  const error = errorOf(cause);
  if (!codeOf(error).startsWith('23')) return error;
  const name = 'constraint' in error && typeof error.constraint === 'string' ? error.constraint : '';
  return registry.constraints.get(name)?.() ?? error;
}

/** Everything that is thrown is an Error; the type of `catch` does not know it. */
export function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('something other than an error was thrown');
}
