import { test } from 'tap';
import { hash } from 'node:crypto';
import { canonicalJson } from '../../kernel/canonical.ts';
import { signCheckpoint } from '../../kernel/log-checkpoint.ts';
import { GrowingTree, leafHash } from '../../kernel/merkle.ts';
import { verifierKey } from '../../kernel/note.ts';
import { newSeed, openSigner } from '../../kernel/signing.ts';
import { type HeldCheckpoint, LogCheck } from '../../verifier/log-check.ts';
import { outcomeOf, reportText } from '../../verifier/verdict.ts';

const origin = 'ledger.example/log/1';
const signer = { name: origin, ...openSigner('k', newSeed()) };
const trusted = verifierKey(signer);

interface Line {
  readonly kind: string;
  [name: string]: unknown;
}

function entryText(position: number, changes: object = {}): string {
  const stream = { type: 'story', id: `s${position % 3}` };
  const version = Math.ceil(position / 3);
  const recorded_at = `2026-01-01T00:00:${String(position).padStart(2, '0')}.000Z`;
  return canonicalJson({ position, tenant_id: 't', stream, version, recorded_at, ...changes });
}

/** A log of that many entries that was signed after every third of them. */
function exportOf(texts: readonly string[], { signedBy = signer } = {}): Line[] {
  const tree = new GrowingTree();
  let chain = Buffer.alloc(32);
  const lines: Line[] = texts.flatMap((entry) => {
    const leaf = leafHash(Buffer.from(entry));
    chain = Buffer.from(hash('sha256', Buffer.concat([chain, leaf]), 'buffer'));
    tree.append(leaf);
    const line = { kind: 'entry', entry, leaf_hash: leaf.toString('hex'), chain_hash: chain.toString('hex') };
    if (tree.size % 3 !== 0) return [line];
    return [
      line,
      { kind: 'checkpoint', note: signCheckpoint({ origin, size: tree.size, root: tree.root() }, signedBy) },
    ];
  });
  const head = { format: 'loopledger-export@v1', tenant_id: 't', origin, keys: [trusted], checkpoints: [] };
  return [{ kind: 'export', ...head }, ...lines, { kind: 'end', entries: texts.length }];
}

const texts = Array.from({ length: 9 }, (_, at) => entryText(at + 1));
const honest = exportOf(texts);

function judge(
  lines: readonly (Line | string)[],
  held: readonly HeldCheckpoint[] = [],
  keys: readonly string[] = [trusted],
) {
  const check = new LogCheck({ keys, held });
  for (const line of lines) check.add(typeof line === 'string' ? line : JSON.stringify(line));
  const verdict = check.verdict();
  return { ...verdict, outcome: outcomeOf(verdict), text: reportText(verdict) };
}

function changed(position: number, changes: object): Line[] {
  return exportOf(texts.with(position - 1, entryText(position, changes)));
}

const isEntry = (position: number) => (line: Line) => line.kind === 'entry' && line['entry'] === texts[position - 1];

test('an honest export holds', (t) => {
  t.match(judge(honest), { outcome: 'proven', faults: [], entries: 9, streams: 3, signedSize: 9, signedCount: 3 });
  t.equal(judge(honest, [], []).outcome, 'unanchored');
  t.equal(judge(honest.filter(({ kind }) => kind !== 'checkpoint')).outcome, 'unanchored');
  t.end();
});

test('every way to spoil an export is told', (t) => {
  const spoilt: readonly (readonly [string, readonly (Line | string)[], RegExp])[] = [
    ['empty', [], /not an export/],
    ['another format', honest.with(0, { ...(honest[0] as Line), format: 'x' }), /does not begin/],
    ['no end', honest.slice(0, -1), /breaks off/],
    ['more after the end', [...honest, honest[1] as Line], /after the end/],
    ['a wrong count', [...honest.slice(0, -1), { kind: 'end', entries: 8 }], /says it has 8/],
    ['a line that is no JSON', [...honest.slice(0, 2), '{', ...honest.slice(2)], /not a record/],
    ['an unknown line', honest.toSpliced(2, 0, { kind: 'x' }), /not known/],
    ['an entry left out', honest.filter((line) => !isEntry(4)(line)), /entry 4 says that it is at 5/],
    ['an entry twice', honest.flatMap((line) => (isEntry(4)(line) ? [line, line] : [line])), /entry 5 says/],
    ['a wrong leaf hash', honest.with(1, { ...(honest[1] as Line), leaf_hash: 'x' }), /entry 1 does not have its leaf/],
    ['a wrong chain hash', honest.with(1, { ...(honest[1] as Line), chain_hash: 'x' }), /entry 1 does not continue/],
    ['another tenant', changed(4, { tenant_id: 'u' }), /entry 4 is of another tenant/],
    ['a version left out', changed(4, { version: 3 }), /entry 4 is not version 2/],
    ['a time that runs back', changed(4, { recorded_at: '2025-01-01T00:00:00.000Z' }), /entry 4 is older/],
    ['no time', changed(4, { recorded_at: null }), /entry 4 is older/],
    ['another spelling', exportOf(texts.with(3, ` ${texts[3]}`)), /entry 4 is not canonical/],
    ['a key twice', exportOf(texts.with(3, (texts[3] as string).replace('{', '{"position":4,'))), /not canonical/],
    ['another signer', exportOf(texts, { signedBy: { name: origin, ...openSigner('k', newSeed()) } }), /not signed by/],
    [
      'an edited entry under its old checkpoints',
      changed(5, { recorded_at: '2026-01-01T00:00:04.500Z' }).map((line, at) =>
        line.kind === 'checkpoint' ? (honest[at] as Line) : line,
      ),
      /first 6 entries are not those/,
    ],
  ];
  for (const [name, lines, fault] of spoilt) {
    const { outcome, faults, text } = judge(lines);
    t.equal(outcome, 'wrong', name);
    t.match(faults.join('\n'), fault, name);
    t.match(text, /^THE LOG DOES NOT HOLD\./);
  }
  t.end();
});

test('checkpoints that were kept are held against the export', (t) => {
  const root = leafHash(Buffer.from('another history'));
  const kept = (size: number, of = origin, by = signer): HeldCheckpoint[] => [
    { name: 'kept', note: signCheckpoint({ origin: of, size, root }, by) },
  ];
  const genuine = honest.find(({ kind }) => kind === 'checkpoint')?.['note'] as string;
  t.match(judge(honest, [{ name: 'kept', note: genuine }]), { outcome: 'proven', heldCount: 1 });
  const elsewhere = 'ledger.example/log/2';
  const stranger = { ...signer, name: elsewhere };
  const refused: readonly (readonly [readonly HeldCheckpoint[], RegExp])[] = [
    [kept(5), /first 5 entries are not those that a checkpoint \(kept\)/],
    [kept(10), /\(kept\) promises 10 entries, and the export has 9/],
    [kept(5, origin, { name: origin, ...openSigner('k', newSeed()) }), /\(kept\) is not signed by a trusted key/],
    [[{ name: 'kept', note: 'x' }], /kept holds no checkpoint/],
  ];
  for (const [held, fault] of refused) {
    const { outcome, faults } = judge(honest, held);
    t.equal(outcome, 'wrong');
    t.match(faults.join('\n'), fault);
  }
  const foreign = judge(honest, kept(5, elsewhere, stranger), [trusted, verifierKey(stranger)]);
  t.match(foreign.faults.join('\n'), /belongs to another log/);
  t.equal(judge(honest, [], ['x']).outcome, 'wrong', 'a key that cannot be read is not left aside');
  t.end();
});
