// Cursors: opaque to callers, sealed with an HMAC, and bound to the tenant and to what they page through.
import { createHmac, hash, hkdfSync, timingSafeEqual } from 'node:crypto';
import { shellRefusals } from './refusals.ts';

const { refuse } = shellRefusals;
const sealBytes = 16;
const maxLength = 1_024;

/** Where the next page begins: the sort key of the last row shown. */
export type CursorKey = readonly (string | number | null)[];

export interface Cursors {
  /** `scope` names the list; `filters` is everything of the query that decides what is in it. */
  seal(tenantId: string, scope: string, filters: string, key: CursorKey): string;
  open(tenantId: string, scope: string, filters: string, cursor: string): CursorKey;
  sealFeed(tenantId: string, position: number): string;
  openFeed(tenantId: string, cursor: string): number;
}

const feedScope = 'changes';
/** Where whoever follows begins afresh. */
export const snapshotPath = '/api/v1/changes/snapshot';

export function makeCursors(masterKey: Buffer, feedEpoch: string): Cursors {
  const key = Buffer.from(hkdfSync('sha256', masterKey, '', 'loopledger cursor v1', 32));

  function sealOf(payload: string, binding: string): Buffer {
    return createHmac('sha256', key).update(`${binding}\n${payload}`).digest().subarray(0, sealBytes);
  }

  function seal(binding: string, value: unknown): string {
    const payload = JSON.stringify(value);
    return Buffer.concat([sealOf(payload, binding), Buffer.from(payload)]).toString('base64url');
  }

  function open(binding: string, cursor: string, parameter: string): unknown {
    const bytes = cursor.length <= maxLength ? Buffer.from(cursor, 'base64url') : Buffer.alloc(0);
    // Decoding is lenient: two spellings of the same bytes must not both be accepted.
    if (bytes.length <= sealBytes || bytes.toString('base64url') !== cursor) throw invalidCursor(parameter);
    const payload = bytes.subarray(sealBytes).toString();
    if (!timingSafeEqual(bytes.subarray(0, sealBytes), sealOf(payload, binding))) throw invalidCursor(parameter);
    return JSON.parse(payload) as unknown;
  }

  return {
    seal: (tenantId, scope, filters, value) => seal(bindingOf(tenantId, scope, filters), value),
    open: (tenantId, scope, filters, cursor) =>
      open(bindingOf(tenantId, scope, filters), cursor, 'cursor') as CursorKey,
    sealFeed: (tenantId, position) => seal(bindingOf(tenantId, feedScope, ''), [feedEpoch, position]),
    openFeed(tenantId, cursor) {
      const [epoch, position] = open(bindingOf(tenantId, feedScope, ''), cursor, 'since') as [string, number];
      if (epoch !== feedEpoch) throw foreignEpoch();
      return position;
    },
  };
}

function foreignEpoch(): Error {
  return refuse('cursor_epoch', 'The cursor belongs to an earlier history.', {
    headers: { link: `<${snapshotPath}>; rel="alternate"` },
    members: { snapshot: snapshotPath },
  });
}

function bindingOf(tenantId: string, scope: string, filters: string): string {
  return `${tenantId}\n${scope}\n${hash('sha256', filters, 'base64url')}`;
}

function invalidCursor(parameter: string): Error {
  const detail =
    parameter === 'since'
      ? 'This is no cursor of this tenant; 0, now and a time such as 2026-11-22T05:00:00Z are taken as well.'
      : 'The cursor does not belong to this list.';
  return refuse('cursor_invalid', detail, { errors: [{ pointer: `/${parameter}`, code: 'cursor_invalid', detail }] });
}
