// What a command will ask for, learned from what earlier ones of its name asked for: a tenant that this process does not
// know yet is then loaded in one or two round trips instead of one for each question. A wrong guess costs a read.
import type { ExecuteRequest, Missing } from './batch.ts';
import { isId } from '../kernel/id.ts';

type Guess = { readonly kind: 'stream' | 'lookup'; readonly name: string; readonly field: string };

/** The field that stands for the tenant itself. */
const ofTenant = '';
const maxGuesses = 16;

export class Foresight {
  private readonly guesses = new Map<string, Map<string, Guess>>();

  learn({ definition, command, tenantId }: ExecuteRequest, missing: readonly Missing[]): void {
    const fields = fieldsOf(command, tenantId);
    for (const item of missing) {
      if (item.kind === 'tenant-key') continue;
      const [name, id] = item.kind === 'stream' ? [item.type, item.id] : [item.name, item.key];
      const field = fields.find(([, value]) => value === id)?.[0];
      if (field !== undefined) this.keep(definition.name, { kind: item.kind, name, field });
    }
  }

  expect({ definition, command, tenantId }: ExecuteRequest): Missing[] {
    const guesses = this.guesses.get(definition.name);
    if (guesses === undefined) return [];
    const values = new Map(fieldsOf(command, tenantId));
    return [...guesses.values()].flatMap(({ kind, name, field }): Missing[] => {
      const id = values.get(field);
      if (id === undefined) return [];
      return [kind === 'stream' ? { kind, type: name, id } : { kind, name, key: id }];
    });
  }

  private keep(command: string, guess: Guess): void {
    let known = this.guesses.get(command);
    if (known === undefined) {
      known = new Map();
      this.guesses.set(command, known);
    }
    if (known.size < maxGuesses) known.set(`${guess.kind} ${guess.name} ${guess.field}`, guess);
  }
}

/** Those that hold ids; anything else may mean one thing today and another tomorrow. */
function fieldsOf(command: unknown, tenantId: string): [string, string][] {
  const fields: [string, string][] = [[ofTenant, tenantId]];
  for (const [field, value] of Object.entries(command ?? {})) {
    if (typeof value === 'string' && isId(value)) fields.push([field, value]);
  }
  return fields;
}
