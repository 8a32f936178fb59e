// Going on with what is open at the server under the same name.
import { isDeepStrictEqual } from 'node:util';

/** What is open, if it is what is planned; otherwise it is told which field is another. */
export function sameAs<Open extends object>(plan: { readonly name: string }, open: Open, noun: string): Open {
  const other = Object.entries(plan).find(([field, value]) => !isDeepStrictEqual(Reflect.get(open, field), value));
  if (other === undefined) return open;
  const [field, value] = other;
  const [here, there] = [value as unknown, Reflect.get(open, field)].map((one) => JSON.stringify(one));
  throw new Error(
    `The ${noun} ${plan.name} is open with another ${field} (${there}, not ${here}): abandon it or choose another --name.`,
  );
}
