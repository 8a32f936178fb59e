// Replays the log from position 1 into shadows, one tenant after the other, and either compares every row with what is
// served or puts the shadow's rows in their place (docs/decisions/0010).
import type { LoggedEvent } from '../kernel/event.ts';
import type { InlineView } from '../sql/registry.ts';
import type { Session } from '../sql/session.ts';
import { createShadow, type Difference, type Shadow } from '../sql/shadow.ts';
import { Fold } from './fold.ts';
import { asyncProjections, registry } from './index.ts';

/** What is replayed together: the views of the commit, or one projection that follows the log behind it. */
export interface ReplayUnit {
  readonly views: readonly InlineView<unknown>[];
  /** Null for views that stand where the log stands; otherwise the projection by whose checkpoint they stand. */
  readonly projection: string | null;
}

export interface ReplayReport {
  readonly tenants: number;
  readonly events: number;
  /** Of a swap: rows that were not as the log has them. */
  readonly changed: number;
  readonly differences: readonly (Difference & { readonly tenantId: string })[];
}

export interface ReplayOptions {
  readonly session: Session;
  /** Null is all. */
  readonly names: readonly string[] | null;
  readonly tenantIds: readonly string[] | null;
  readonly verify: boolean;
  readonly onProgress?: (progress: { readonly tenants: number; readonly of: number; readonly events: number }) => void;
}

const inline = [...registry.views.values()].flat();

export const replayNames: readonly string[] = [
  ...new Set([...inline.map(({ name }) => name), ...asyncProjections.map(({ name }) => name)]),
];

function unitsOf(names: readonly string[] | null): ReplayUnit[] {
  const wanted = (name: string): boolean => names === null || names.includes(name);
  const views = inline.filter(({ name }) => wanted(name));
  const behind = asyncProjections.filter(({ name }) => wanted(name));
  return [
    ...(views.length === 0 ? [] : [{ views, projection: null }]),
    ...behind.map((projection) => ({ views: projection.views, projection: projection.name })),
  ];
}

export async function replay(options: ReplayOptions): Promise<ReplayReport> {
  const { session, verify } = options;
  const all = await listTenants(session);
  const stranger = options.tenantIds?.find((id) => !all.includes(id));
  // Of a log that nobody has, everything would be found as it should be.
  if (stranger !== undefined) throw new Error(`There is no log of a tenant ${stranger}.`);
  const tenantIds = options.tenantIds ?? all;
  const units = unitsOf(options.names);
  const differences: (Difference & { tenantId: string })[] = [];
  let [events, changed, tenants] = [0, 0, 0];
  const count = (some: number): void => {
    events += some;
    options.onProgress?.({ tenants, of: tenantIds.length * units.length, events });
  };
  for (const unit of units) {
    const shadow = await createShadow(session, [...new Set(unit.views.map(({ name }) => name))]);
    for (const tenantId of tenantIds) {
      const one = new TenantReplay({ session, shadow, unit, tenantId, count });
      if (verify) differences.push(...(await one.verify()).map((difference) => ({ ...difference, tenantId })));
      else changed += await one.swap();
      tenants += 1;
      count(0);
    }
  }
  return { tenants: tenantIds.length, events, changed, differences };
}

async function listTenants(session: Session): Promise<string[]> {
  const rows = await session.query<{ tenant_id: string }>(
    'select tenant_id from ledger.moved_positions(null) order by tenant_id',
  );
  return rows.map(({ tenant_id }) => tenant_id);
}

interface Place {
  readonly session: Session;
  readonly shadow: Shadow;
  readonly unit: ReplayUnit;
  readonly tenantId: string;
  readonly count: (events: number) => void;
}

interface EntryRow extends Record<string, unknown> {
  readonly entry: string;
}

const eventsAtOnce = 4_000;
const streamsAtOnce = 500;
const leastId = '00000000-0000-0000-0000-000000000000';

class TenantReplay {
  private readonly place: Place;
  private readonly types: readonly string[];

  constructor(place: Place) {
    this.place = place;
    this.types = [...new Set(place.unit.views.map(({ stream }) => stream.type))];
  }

  /** The comparison sees one moment: log, views and checkpoint of one snapshot. */
  async verify(): Promise<Difference[]> {
    const { session, shadow, tenantId } = this.place;
    const before = await this.fill();
    return session.transaction('begin isolation level repeatable read', async () => {
      await this.follow(before, await this.position(''));
      return shadow.compare(tenantId);
    });
  }

  /** Writers of this tenant wait from the lock to the commit: for what was written during the replay, and the exchange. */
  async swap(): Promise<number> {
    const { session, shadow, tenantId } = this.place;
    const before = await this.fill();
    return session.transaction('begin', async () => {
      await this.follow(before, await this.position('for update'));
      return shadow.swap(tenantId);
    });
  }

  /** Everything up to the present position, without a lock: what is in the log does not change any more. */
  private async fill(): Promise<number> {
    const { session, shadow, tenantId } = this.place;
    await session.enter(tenantId);
    await shadow.empty();
    const until = await this.position('');
    const fold = this.newFold();
    for (let last: LoggedEvent | undefined; ;) {
      const events = await this.read(until, last);
      for (const event of events) fold.add(event);
      await this.write(fold, events.length);
      last = events.at(-1);
      if (last === undefined || events.length < eventsAtOnce) return until;
      // Streams come one after the other, so only the one that may go on is needed.
      fold.forgetAllBut(last.stream);
    }
  }

  /** In the order of an index that holds each stream together: memory holds one stream at a time, however long the log. */
  private async read(until: number, after: LoggedEvent | undefined): Promise<LoggedEvent[]> {
    const { session, tenantId } = this.place;
    const rows = await session.query<EntryRow>(
      `select e.entry from ledger.events e
        where e.tenant_id = $1 and e.stream_type = any ($2) and e.position <= $3
          and (e.stream_id, e.stream_type, e.version) > ($4, $5, $6)
        order by e.stream_id, e.stream_type, e.version limit ${eventsAtOnce}`,
      [tenantId, this.types, until, after?.stream.id ?? leastId, after?.stream.type ?? '', after?.version ?? 0],
    );
    return rows.map(({ entry }) => JSON.parse(entry) as LoggedEvent);
  }

  /** What was written since: states come from the beginning of each stream, rows only from its new events. */
  private async follow(before: number, until: number): Promise<void> {
    if (until === before) return;
    const { session, tenantId } = this.place;
    const streams = await session.query<{ id: string; type: string }>(
      `select distinct e.stream_id as id, e.stream_type as type from ledger.events e
        where e.tenant_id = $1 and e.stream_type = any ($2) and e.position > $3 and e.position <= $4`,
      [tenantId, this.types, before, until],
    );
    for (let start = 0; start < streams.length; start += streamsAtOnce) {
      const some = streams.slice(start, start + streamsAtOnce);
      const rows = await session.query<EntryRow>(
        `select e.entry from unnest($2::uuid[], $3::text[]) as wanted(id, type)
           join ledger.events e on e.tenant_id = $1 and e.stream_id = wanted.id and e.stream_type = wanted.type
          where e.position <= $4
          order by e.stream_id, e.stream_type, e.version`,
        [tenantId, some.map(({ id }) => id), some.map(({ type }) => type), until],
      );
      const fold = this.newFold();
      for (const { entry } of rows) {
        const event = JSON.parse(entry) as LoggedEvent;
        if (event.position <= before) fold.load([event]);
        else fold.add(event);
      }
      await this.write(fold, rows.length);
    }
  }

  private async position(lock: '' | 'for update'): Promise<number> {
    const { session, tenantId, unit } = this.place;
    const rows =
      unit.projection === null
        ? await session.query<{ position: string }>(
            `select h.position from ledger.heads h where h.tenant_id = $1 ${lock}`,
            [tenantId],
          )
        : await session.query<{ position: string }>(
            `select c.position from view.checkpoints c where c.tenant_id = $1 and c.projection = $2 ${lock}`,
            [tenantId, unit.projection],
          );
    return Number(rows[0]?.position ?? 0);
  }

  private newFold(): Fold {
    const views = new Map<string, InlineView<unknown>[]>();
    for (const view of this.place.unit.views) {
      views.set(view.stream.type, [...(views.get(view.stream.type) ?? []), view]);
    }
    return new Fold({ streams: registry.streams, views });
  }

  private async write(fold: Fold, events: number): Promise<void> {
    const { shadow, tenantId, count } = this.place;
    for (const [view, rounds] of fold.take()) for (const round of rounds) await shadow.write(view, tenantId, round);
    count(events);
  }
}
