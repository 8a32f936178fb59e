// Answers that show a new secret. They are kept for their repeats, and a secret is never kept in the clear.
import { openSealed, sealText } from '../kernel/seal.ts';
import type { CommandDefinition } from '../kernel/command.ts';
import { keyRefusals } from '../policies/key.ts';
import type { Subject } from '../sql/batch.ts';
import type { Answer, Call } from './call.ts';
import { perform } from './perform.ts';

interface SecretAct<Command> {
  readonly definition: CommandDefinition<Command>;
  readonly command: Command;
  readonly secret: string;
  readonly status: 200 | 201;
  /** The object beside its secret; it has an `id`. */
  readonly view: (subject: Subject) => object;
  readonly location?: string;
}

export async function performShowing<Command>(call: Call, act: SecretAct<Command>): Promise<Answer> {
  const { definition, command, status, view, location } = act;
  const sealed = sealText(placeOf(call, definition.subject(command).id), act.secret);
  const answer = await perform(call, {
    definition,
    command,
    render: (subject) => ({ status, body: JSON.stringify({ ...view(subject), secret: sealed }) }),
    ...(location === undefined ? {} : { location }),
  });
  const shown = JSON.parse(answer.body) as { readonly id: string; readonly secret: string };
  const opened = openSealed(placeOf(call, shown.id), shown.secret);
  if (opened === null) {
    throw keyRefusals.refuse('key_secret_lost', 'The key was created, but its secret can no longer be shown.');
  }
  return { ...answer, body: JSON.stringify({ ...shown, secret: opened }) };
}

function placeOf(call: Call, about: string) {
  const { masterKey } = call.api.options;
  return { masterKey, tenantId: call.tenantId, purpose: 'idempotent-secret', about };
}
