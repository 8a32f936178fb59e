// What a command's answer shows of the object that it changed.
import type { ExecuteRequest } from '../sql/batch.ts';
import type { Found } from '../projections/object.ts';
import type { Listed } from '../projections/page.ts';
import type { PageQuery } from '../kernel/page.ts';
import type { Answer, Call } from './call.ts';
import { present, presentList } from './present.ts';

type Render = ExecuteRequest['render'];

/** The object as its view shows it. Holds for every noun whose view is its state with the frame around it. */
export function showObject(status: 200 | 201): Render {
  return ({ id, version, created_at, updated_at, state }) => ({
    status,
    body: JSON.stringify({ id, version, created_at, updated_at, ...(state as object) }),
  });
}

/** For a deletion: there is nothing left to show. */
export const showNothing: Render = () => ({ status: 204, body: 'null' });

/** The object, or the refusal that tells that there is none. */
export async function presentFound(call: Call, finding: Promise<Found | null>, missing: () => Error): Promise<Answer> {
  const found = await finding;
  if (found === null) throw missing();
  return present(call, found);
}

/** The same of a list that hangs on an object. */
export async function presentListed(
  call: Call<unknown, PageQuery>,
  listing: Promise<Listed | null>,
  missing: () => Error,
): Promise<Answer> {
  const listed = await listing;
  if (listed === null) throw missing();
  return presentList(call, listed);
}
