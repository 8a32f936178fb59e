// Leases of request quotas: one call for many callers.
import type { Database } from './database.ts';
import { statement } from './statement.ts';

export interface LeaseWish {
  readonly tenantId: string;
  /** A key's id, or the tenant's own. */
  readonly subjectId: string;
  /** Where the platform says nothing for the tenant. */
  readonly quota: number;
  /** Negative: gives back. */
  readonly wanted: number;
}

export interface Lease extends Record<string, unknown> {
  readonly granted: number;
  /** What the window still holds for all processes together. */
  readonly remaining: number;
  readonly reset_ms: number;
  /** The one that holds: the platform may have said another for the tenant. */
  readonly quota: number;
}

const leaseStatement = statement(
  'lease_rates',
  'select granted, remaining, reset_ms, quota from platform.lease_rates($1, $2, $3, $4)',
);

/** In the order of the wishes; the rows are locked in the order of their ids. */
export async function leaseRates(database: Database, wishes: readonly LeaseWish[]): Promise<Lease[]> {
  const order = wishes.map((_, index) => index).sort((one, other) => compare(wishes[one], wishes[other]));
  const sorted = order.map((index) => wishes[index] as LeaseWish);
  const rows = await database.platform<Lease>(leaseStatement, [
    sorted.map((wish) => wish.tenantId),
    sorted.map((wish) => wish.subjectId),
    sorted.map((wish) => wish.quota),
    sorted.map((wish) => wish.wanted),
  ]);
  const leases = new Array<Lease>(wishes.length);
  order.forEach((index, at) => {
    leases[index] = rows[at] as Lease;
  });
  return leases;
}

function compare(one: LeaseWish | undefined, other: LeaseWish | undefined): number {
  const left = `${one?.tenantId} ${one?.subjectId}`;
  const right = `${other?.tenantId} ${other?.subjectId}`;
  return left < right ? -1 : left === right ? 0 : 1;
}
