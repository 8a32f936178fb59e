// Every route, asked by one tenant for what is its own, another one's, or nobody's.
import type { Route } from '../../api/route.ts';
import { newId } from '../../kernel/id.ts';
import type { Got, Sent } from './exchange.ts';
import type { Host } from './host.ts';
import { type Choice, newMark, ownId, type Party, queryFor, requestFor } from './party.ts';

export interface Answered {
  readonly route: Route;
  readonly sent: Sent;
  readonly got: Got;
}

/** Reads before writes, and what takes away comes last: what is gone shows nothing. */
const order: Readonly<Record<string, number>> = { GET: 0, POST: 1, PUT: 2, PATCH: 3, DELETE: 4 };

export interface Sweep {
  readonly host: Host;
  readonly keys: readonly string[];
  /** Whose ids are asked for; null is nobody's. */
  readonly about: readonly (Party | null)[];
  readonly isSwept?: (route: Route) => boolean;
}

export async function sweep({ host, keys, about, isSwept = () => true }: Sweep): Promise<Answered[]> {
  const answers: Answered[] = [];
  const routes = host.routes
    .filter(isSwept)
    .toSorted((one, two) => (order[one.method] ?? 0) - (order[two.method] ?? 0));
  for (const route of routes) {
    const requests = about.flatMap((whose) => keys.flatMap((key) => requestsOf(route, whose, key)));
    const heads = requests.filter(({ method }) => method === 'GET').map((sent) => ({ ...sent, method: 'HEAD' }));
    for (const sent of [...requests, ...heads.slice(0, about.length)])
      answers.push({ route, sent, got: await host.line.send(sent) });
  }
  return answers;
}

function requestsOf(route: Route, whose: Party | null, key: string): Sent[] {
  const id = (name: string): string | undefined => (whose === null ? newId() : ownId(whose, name, route));
  const choice: Choice = { key, text: newMark, id };
  const queries = new Set(['', queryFor(route, choice), ...searches(route, whose)]);
  return [...queries].map((query) => requestFor(route, choice, query)).filter((request) => request !== null);
}

/** A part of a mark finds the whole of it where words are searched by their beginnings. */
function searches(route: Route, whose: Party | null): string[] {
  if (route.query?.properties['q'] === undefined || whose === null) return [];
  return [...whose.marks].slice(0, 5).map((mark) => `q=${mark.slice(0, 16)}`);
}
