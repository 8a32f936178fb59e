// Checkpoints and proofs over HTTP: that an entry is in the log, and that the log only grew.
import { Type } from 'typebox';
import { entryProofText, sizeOf } from '../kernel/log-checkpoint.ts';
import { consistencySpans, inclusionSpans } from '../kernel/merkle.ts';
import { listOf, pageQuery } from '../kernel/page.ts';
import { proofRefusals, proofRules } from '../policies/proof.ts';
import { CheckpointView, findLeafHash, findLogKeys, Hash, listCheckpoints, LogKeysView } from '../projections/proof.ts';
import { readSpans } from '../sql/tree.ts';
import type { Answer, Call } from './call.ts';
import { pageOf, presentList } from './present.ts';
import { type Route, route } from './route.ts';

const url = '/api/v1/log';
const tags = ['proof'] as const;
const closed = { additionalProperties: false } as const;
const plain = 'text/plain; charset=utf-8';
const noteCodes = ['proof_beyond_log', 'checkpoint_unavailable'] as const;

const Place = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const Proof = Type.Array(Hash, { maxItems: 64, description: 'RFC 6962, in the order in which it is checked' });

const root = 'XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=';
const note =
  `ledger.example/log/3f2a\n8\n${root}\n\n` +
  '\u2014 ledger.example/log/3f2a Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n';
const checkpoint = { size: 8, root, note, signed_at: '2026-01-02T03:04:05.678Z' };
const proof = ['lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c='];

const InclusionView = Type.Object({ position: Place, size: Place, leaf_hash: Hash, root: Hash, proof: Proof }, closed);
const ConsistencyView = Type.Object({ from: Place, to: Place, from_root: Hash, to_root: Hash, proof: Proof }, closed);

function positionHeader({ size }: CheckpointView): string[] {
  return ['loopledger-position', String(size)];
}

function encoded(hashes: readonly Buffer[]): string[] {
  return hashes.map((hash) => hash.toString('base64'));
}

function refuseRange(detail: string): Error {
  return proofRefusals.refuse('proof_range_invalid', detail);
}

const checkpointRoute = route({
  method: 'GET',
  url: `${url}/checkpoint`,
  operation: 'getLogCheckpoint',
  summary: 'Show the latest signed checkpoint of the log',
  description:
    'A signed note by c2sp.org/tlog-checkpoint: the name of the log, the number of its entries, and the root of its tree. ' +
    'With `position` the answer waits until a checkpoint covers it, a second or so. Keep the latest one you saw.',
  tags,
  role: proofRules.read,
  query: Type.Object({ position: Type.Optional(Place) }, closed),
  status: 200,
  response: Type.String({ maxLength: 4_096 }),
  produces: 'text/plain',
  codes: noteCodes,
  examples: { response: note },
  handler: async (call) => {
    const latest = await call.api.sealedLog.reach(call.tenantId, call.query.position ?? 0);
    return { status: 200, body: latest.note, type: plain, headers: positionHeader(latest) };
  },
});

const checkpointsRoute = route({
  method: 'GET',
  url: `${url}/checkpoints`,
  operation: 'listLogCheckpoints',
  summary: 'List the checkpoints that were signed, by size',
  tags,
  role: proofRules.read,
  query: pageQuery({}),
  status: 200,
  response: listOf(CheckpointView),
  codes: [],
  examples: { response: { data: [checkpoint], next_cursor: null, changes_cursor: 'c2VhbGVk' } },
  handler: async (call) => presentList(call, await listCheckpoints(call.api.database, call.tenantId, pageOf(call))),
});

const keysRoute = route({
  method: 'GET',
  url: `${url}/keys`,
  operation: 'getLogKeys',
  summary: 'Show the public keys that checkpoints are verified with',
  description: 'Retired ones stay: what they signed stays signed. Write them down where the server cannot change them.',
  tags,
  role: proofRules.read,
  status: 200,
  response: LogKeysView,
  codes: noteCodes,
  examples: {
    response: {
      origin: 'ledger.example/log/3f2a',
      keys: [
        {
          key: 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
          status: 'active',
          from: checkpoint.signed_at,
          until: null,
        },
      ],
    },
  },
  handler: async (call) => {
    await call.api.sealedLog.reach(call.tenantId, 0);
    const found = await findLogKeys(call.api.database, call.tenantId);
    if (found === null) throw proofRefusals.refuse('checkpoint_unavailable', 'The log has no key to be verified with.');
    return {
      status: 200,
      body: JSON.stringify(found.shown),
      headers: ['loopledger-position', String(found.position)],
    };
  },
});

async function showInclusion(call: Call<unknown, { position: number; size?: number }>): Promise<Answer> {
  const { api, tenantId, query } = call;
  const { position } = query;
  if (query.size !== undefined && query.size < position) throw refuseRange('The size is smaller than the position.');
  const latest = await api.sealedLog.reach(tenantId, query.size ?? position);
  const size = query.size ?? latest.size;
  const [top, ...path] = await readSpans(api.database, tenantId, [
    { start: 0, end: size },
    ...inclusionSpans(position - 1, size),
  ]);
  const leaf_hash = await findLeafHash(api.database, tenantId, position);
  const body = JSON.stringify({ position, size, leaf_hash, root: top?.toString('base64'), proof: encoded(path) });
  return { status: 200, body, headers: positionHeader(latest) };
}

const inclusionRoute = route({
  method: 'GET',
  url: `${url}/proofs/inclusion`,
  operation: 'proveInclusion',
  summary: 'Prove that an entry is in the log',
  description:
    'Under the tree of that size, or of the latest checkpoint, which is signed when it does not reach so far.',
  tags,
  role: proofRules.read,
  query: Type.Object({ position: Place, size: Type.Optional(Place) }, closed),
  status: 200,
  response: InclusionView,
  codes: [...noteCodes, 'proof_range_invalid'],
  examples: { query: { position: 1 }, response: { position: 1, size: 8, leaf_hash: root, root, proof } },
  handler: showInclusion,
});

async function showConsistency(call: Call<unknown, { from: number; to?: number }>): Promise<Answer> {
  const { api, tenantId, query } = call;
  const { from } = query;
  if (query.to !== undefined && query.to < from) throw refuseRange('`to` is smaller than `from`.');
  const latest = await api.sealedLog.reach(tenantId, query.to ?? from);
  const to = query.to ?? latest.size;
  const [older, newer, ...path] = await readSpans(api.database, tenantId, [
    { start: 0, end: from },
    { start: 0, end: to },
    ...consistencySpans(from, to),
  ]);
  const [from_root, to_root] = [older?.toString('base64'), newer?.toString('base64')];
  const body = JSON.stringify({ from, to, from_root, to_root, proof: encoded(path) });
  return { status: 200, body, headers: positionHeader(latest) };
}

const consistencyRoute = route({
  method: 'GET',
  url: `${url}/proofs/consistency`,
  operation: 'proveConsistency',
  summary: 'Prove that the log of one size begins with that of a smaller one',
  tags,
  role: proofRules.read,
  query: Type.Object({ from: Place, to: Type.Optional(Place) }, closed),
  status: 200,
  response: ConsistencyView,
  codes: [...noteCodes, 'proof_range_invalid'],
  examples: { query: { from: 1 }, response: { from: 1, to: 8, from_root: root, to_root: root, proof } },
  handler: showConsistency,
});

const PositionPath = Type.Object({ position: Type.String({ maxLength: 16, pattern: '^[1-9][0-9]{0,15}$' }) }, closed);

async function showEntryProof(call: Call<{ position: string }>): Promise<Answer> {
  const { api, tenantId } = call;
  const position = sizeOf(call.params.position);
  if (position === null) throw proofRefusals.refuse('proof_beyond_log', 'No log is that long.');
  const latest = await api.sealedLog.reach(tenantId, position);
  const index = position - 1;
  const path = await readSpans(api.database, tenantId, inclusionSpans(index, latest.size));
  const body = entryProofText({ index, proof: path, checkpoint: latest.note });
  return { status: 200, body, type: plain, headers: positionHeader(latest) };
}

const entryProofRoute = route({
  method: 'GET',
  url: `${url}/entries/:position/proof`,
  operation: 'getEntryProof',
  summary: 'Show the proof of an entry as a file that stands for itself',
  description: 'c2sp.org/tlog-proof@v1: with the bytes of the entry and the public key, it can be verified anywhere.',
  tags,
  role: proofRules.read,
  params: PositionPath,
  status: 200,
  response: Type.String({ maxLength: 16_384 }),
  produces: 'text/plain',
  codes: noteCodes,
  examples: { params: { position: '1' }, response: entryProofText({ index: 0, proof: [], checkpoint: note }) },
  handler: showEntryProof,
});

export const proofRoutes: readonly Route[] = [
  checkpointRoute,
  checkpointsRoute,
  keysRoute,
  inclusionRoute,
  consistencyRoute,
  entryProofRoute,
];
