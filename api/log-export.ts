// GET /log/export: the whole log as lines of JSON, for whoever wants to verify it without us. It is never in memory whole.
import { Type } from 'typebox';
import { Refusal } from '../kernel/refusal.ts';
import { proofRefusals, proofRules } from '../policies/proof.ts';
import { type CheckpointView, findLatestCheckpoint, findLogKeys, readLines } from '../projections/proof.ts';
import { readPosition } from '../sql/feed-position.ts';
import type { Answer, Call } from './call.ts';
import { confirmCaller } from './http/admission.ts';
import { type Route, route } from './route.ts';

const type = 'application/x-ndjson';
const format = 'loopledger-export@v1';

/** Tenants whose log leaves this process right now: one export at a time is enough for anybody. */
const underway = new WeakMap<object, Set<string>>();

function placesOf(call: Call): Set<string> {
  const known = underway.get(call.api) ?? new Set<string>();
  underway.set(call.api, known);
  return known;
}

async function exportLog(call: Call): Promise<Answer> {
  const { api, tenantId } = call;
  const places = placesOf(call);
  if (places.has(tenantId)) {
    throw proofRefusals.refuse('export_in_progress', 'One export at a time.', { headers: { 'retry-after': '5' } });
  }
  places.add(tenantId);
  // Also when nobody reads the first line any more.
  if (call.response.closed) places.delete(tenantId);
  else call.response.once('close', () => places.delete(tenantId));
  const size = await readPosition(api.database, tenantId);
  const latest = await latestCheckpoint(call, size);
  const found = await findLogKeys(api.database, tenantId);
  if (found === null) throw proofRefusals.refuse('checkpoint_unavailable', 'The log has no key to be verified with.');
  const keys = found.shown.keys.map(({ key }) => key);
  const checkpoints = latest === null ? [] : [latest.note];
  const first = { kind: 'export', format, tenant_id: tenantId, origin: found.origin, keys, checkpoints, size };
  const stream = linesUntil(call, size, JSON.stringify(first));
  return { status: 200, body: '', stream, type, headers: ['loopledger-position', String(size)] };
}

/** A log that is not signed any more, because something is wrong with it, is the one that people want to look at. */
async function latestCheckpoint({ api, tenantId }: Call, size: number): Promise<CheckpointView | null> {
  try {
    return await api.sealedLog.reach(tenantId, size);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'checkpoint_unavailable') throw error;
    return findLatestCheckpoint(api.database, tenantId);
  }
}

/** What is in the log does not change, so pages that are read one after the other are one picture. */
async function* linesUntil(call: Call, size: number, first: string): AsyncGenerator<string> {
  yield `${first}\n`;
  for (let after = 0; after < size;) {
    const { lines, reached } = await readLines(call.api.database, call.tenantId, after, size);
    yield lines.map((line) => `${line}\n`).join('');
    after = reached;
    await confirmCaller(call);
  }
  yield `${JSON.stringify({ kind: 'end', entries: size })}\n`;
}

export const logExportRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/log/export',
    operation: 'exportLog',
    summary: 'Export the log with its hashes and checkpoints, to be verified anywhere',
    description:
      'One JSON object a line: `export` with the keys, then every `entry` with the bytes that are hashed, each `checkpoint` ' +
      'after the last entry under it, and `end`. `npx loopledger-verify` checks the file without this server.',
    tags: ['proof'],
    role: proofRules.read,
    status: 200,
    response: Type.String({ maxLength: Number.MAX_SAFE_INTEGER }),
    produces: type,
    codes: ['proof_beyond_log', 'checkpoint_unavailable', 'export_in_progress'],
    examples: { response: '{"kind":"export","format":"loopledger-export@v1"}\n{"kind":"end","entries":0}\n' },
    handler: exportLog,
  }),
];
