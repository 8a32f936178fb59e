// What models, programs and providers say, as it may be written down: halves of characters and NUL, which neither canonical
// JSON nor the database has, give way to U+FFFD.
import type { Json } from './event.ts';

export function soundText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}

/** The same value in every other way. */
export function soundJson<Value extends Json | undefined>(value: Value): Value {
  return sound(value) as Value;
}

function sound(value: Json | undefined): Json | undefined {
  if (typeof value === 'string') return soundText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Json) => sound(item) as Json);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [soundText(name), sound(member)]));
}
