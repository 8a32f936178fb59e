// What of one tenant, or of the inside of the server, stands in something that another one gets to see.
import type { Got, Sent } from './exchange.ts';
import type { Finding } from './finding.ts';
import { markShape, type Party } from './party.ts';

const uuidShape = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

export function wholeText(got: Got): string {
  return `${got.headers.map(([name, value]) => `${name}: ${value}`).join('\n')}\n\n${got.text}`;
}

export function saidIn({ path, body }: Sent): string {
  return `${path} ${String(body)}`;
}

/** `said` is what the caller itself sent: what comes back of that tells nobody anything. */
export function leaksOf(other: Party, text: string, said: string): string[] {
  const marks = [...text.matchAll(markShape)].map(([mark]) => mark);
  const ids = [...text.matchAll(uuidShape)].map(([id]) => id);
  return [
    ...marks.filter((mark) => other.marks.has(mark) || other.headerMarks.has(mark)),
    ...ids.filter((id) => other.uuids.has(id)),
  ].filter((item) => !said.includes(item));
}

/** Names that only the inside of the server knows, beside those that the catalogue adds. */
const inside =
  /\b(?:select|insert into|update|delete from)\s+\w+[.\s]|\bpg_|\bplpgsql\b|constraint|violates|row-level|node_modules|\bat .+:\d+:\d+|\.ts:\d|ECONN|sqlstate/i;

const heldByWord = new WeakMap<readonly string[], Map<string, readonly string[]>>();

/** The same words stand in most answers: each is searched for names once. Every name is made of several. */
function namesIn(text: string, names: readonly string[]): string[] {
  const known = heldByWord.getOrInsertComputed(names, () => new Map());
  const found: string[] = [];
  for (const word of text.match(/[\w.]+/g) ?? []) {
    if (!word.includes('_') && !word.includes('.')) continue;
    const held = known.get(word) ?? names.filter((name) => word.includes(name));
    known.set(word, held);
    found.push(...held);
  }
  return found;
}

/** A problem says what the caller did, never how the server is made. `said` is what the caller itself sent. */
export function exposures(got: Got, innerNames: readonly string[], said: string): Finding[] {
  if (got.status < 400) return [];
  const text = wholeText(got);
  const found = [inside.exec(text)?.[0] ?? '', ...namesIn(text, innerNames)];
  return found
    .filter((item) => item !== '' && !said.includes(item))
    .map((item) => ({ check: 'exposure', object: item, detail: got.text.slice(0, 400) }));
}
