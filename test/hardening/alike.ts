// Whether an object of another tenant answers exactly as one that does not exist, on every route and in every place of it
// that takes an id.
import type { Route } from '../../api/route.ts';
import { newId } from '../../kernel/id.ts';
import type { Got, Sent } from './exchange.ts';
import type { Finding } from './finding.ts';
import type { Host } from './host.ts';
import { leaksOf, saidIn, wholeText } from './leaks.ts';
import { type Choice, newMark, ownId, type Party, queryFor, requestFor } from './party.ts';

interface Pair {
  readonly foreign: Sent;
  readonly random: Sent;
}

const requestId = 'the-same-request';
const ignored = new Set(['date']);

export async function checkAlike(host: Host, a: Party, b: Party): Promise<{ findings: Finding[]; compared: number }> {
  const findings: Finding[] = [];
  let compared = 0;
  for (const route of host.routes) {
    for (const { foreign, random } of pairsOf(route, a, b)) {
      compared += 1;
      const [one, other] = [await host.line.send(foreign), await host.line.send(random)];
      const object = `${route.operation} ${foreign.method} ${foreign.path}`;
      const [seen, wanted] = [plain(one), plain(other)];
      if (seen !== wanted) findings.push({ check: 'alike', object, detail: `${seen}\n---\n${wanted}` });
      if (route.write && wasDone(one)) findings.push({ check: 'foreign-write', object, detail: String(one.status) });
      for (const leak of leaksOf(b, wholeText(one), saidIn(foreign)))
        findings.push({ check: 'leak', object, detail: leak });
    }
  }
  return { findings, compared };
}

interface Sides {
  readonly a: Party;
  readonly b: Party;
  /** Of A. */
  readonly key: string;
}

/** One place at a time is another tenant's, the rest one's own; and then all of them at once. */
function pairsOf(route: Route, a: Party, b: Party): Pair[] {
  const names = new Set<string>();
  const noting = (name: string): string => (names.add(name), newId());
  const probe = { key: '', text: newMark, id: noting };
  requestFor(route, probe, queryFor(route, probe));
  const places = [...names];
  const sets = places.length > 1 ? [...places.map((name) => [name]), places] : [places];
  return sets
    .filter((set) => set.length > 0)
    .flatMap((set) => a.keys.flatMap((key) => pairFor(route, { a, b, key }, set)));
}

function pairFor(route: Route, { a, b, key }: Sides, foreign: readonly string[]): Pair[] {
  const texts: string[] = [];
  const withIds = (of: (name: string) => string | undefined): Sent | null => {
    let at = 0;
    const text = (): string => (texts[at++] ??= newMark());
    const id = (name: string): string | undefined => (foreign.includes(name) ? of(name) : ownId(a, name, route));
    const choice: Choice = { key, text, id };
    const sent = requestFor(route, choice, queryFor(route, choice));
    return sent === null ? null : { ...sent, headers: { ...sent.headers, 'request-id': requestId } };
  };
  const one = withIds((name) => ownId(b, name, route));
  const other = withIds(() => newId());
  if (one === null || other === null) return [];
  const pair = { foreign: one, random: other };
  if (!route.write) return [pair];
  const versioned = (sent: Sent): Sent => ({ ...sent, headers: { ...sent.headers, 'if-match': '"v1"' } });
  return [pair, { foreign: versioned(one), random: versioned(other) }];
}

/** Of a request with many items the answer is good, whatever became of them. */
function wasDone({ status, text }: Got): boolean {
  if (status >= 300) return false;
  const { data } = (text === '' ? {} : JSON.parse(text)) as {
    readonly data?: readonly { readonly problem?: unknown }[];
  };
  if (data === undefined || !data.every((item) => 'problem' in item)) return true;
  return data.some(({ problem }) => problem === null);
}

/** Without the ids themselves, which the caller knows. */
function plain(got: Got): string {
  const headers = got.headers.filter(([name]) => !ignored.has(name)).map(([name, value]) => `${name}: ${value}`);
  return [got.status, ...headers, got.text].join('\n').replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>');
}
