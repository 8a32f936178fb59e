#!/usr/bin/env node
// `npx loopledger-verify export.ndjson [checkpoint …]`: checks an exported log on any machine, without server or database.
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { parseVerifierKey } from '../kernel/note.ts';
import { checkEntryProof } from './entry-proof.ts';
import { type HeldCheckpoint, LogCheck } from './log-check.ts';
import { exitCodes, outcomeOf, reportJson, reportText } from './verdict.ts';

const usage = `loopledger-verify EXPORT [CHECKPOINT …] [--key KEY …] [--json]
loopledger-verify --proof FILE --entry FILE --key KEY …

  EXPORT      a file from GET /api/v1/log/export; - reads standard input
  CHECKPOINT  files with checkpoints that were kept earlier, from GET /api/v1/log/checkpoint
  --key       a public key that you trust, as GET /api/v1/log/keys shows it: name+id+key
  --proof     a file from GET /api/v1/log/entries/POSITION/proof, with the bytes of the entry in --entry
  --json      one line for programs

Exit code: 0 it holds, 1 it does not, 2 it could not be read, 3 nothing is wrong and nothing vouches for it.
`;

interface Arguments {
  readonly key: readonly string[];
  readonly json: boolean;
  readonly help: boolean;
  readonly proof: string | undefined;
  readonly entry: string | undefined;
  readonly files: readonly string[];
}

function readArguments(): Arguments {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      key: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
      proof: { type: 'string' },
      entry: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return { ...values, proof: values.proof, entry: values.entry, files: positionals };
}

/** Only a line feed ends a line: an entry may hold every other character that somebody counts as the end of one. */
async function* linesOf(input: Readable): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of input.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() as string;
    yield* lines;
  }
  if (rest !== '') yield rest;
}

async function verifyExport({ files: [file = '', ...notes], key, json }: Arguments): Promise<number> {
  const held: HeldCheckpoint[] = [];
  for (const name of notes) held.push({ name, note: await readFile(name, 'utf8') });
  const check = new LogCheck({ keys: key, held });
  const input = file === '-' ? process.stdin : createReadStream(file);
  for await (const line of linesOf(input)) check.add(line);
  const verdict = check.verdict();
  process.stdout.write(json ? `${reportJson(verdict)}\n` : reportText(verdict));
  return exitCodes[outcomeOf(verdict)];
}

async function verifyProof(proof: string, entry: string, { key, json }: Arguments): Promise<number> {
  const { fault, told } = checkEntryProof(await readFile(proof, 'utf8'), await readFile(entry), key);
  if (json)
    process.stdout.write(`${JSON.stringify({ outcome: fault === null ? 'proven' : 'wrong', fault, ...told })}\n`);
  else
    process.stdout.write(
      fault === null
        ? `THE ENTRY IS IN THE LOG, at position ${told?.position} of ${told?.size}.\n`
        : `THE PROOF DOES NOT HOLD: ${fault}.\n`,
    );
  return fault === null ? exitCodes.proven : exitCodes.wrong;
}

/** A key that was copied badly says nothing of the log. */
function checkKeys(keys: readonly string[]): void {
  const wrong = keys.find((key) => parseVerifierKey(key) === null);
  if (wrong !== undefined) throw new Error(`--key ${wrong} is not a key as GET /api/v1/log/keys shows it: name+id+key`);
}

async function run(): Promise<number> {
  const given = readArguments();
  const { proof, entry, files, key, help } = given;
  if (help) {
    process.stdout.write(usage);
    return exitCodes.proven;
  }
  checkKeys(key);
  if (proof !== undefined && entry !== undefined && files.length === 0 && key.length > 0) {
    return verifyProof(proof, entry, given);
  }
  if (files.length === 0 || proof !== undefined || entry !== undefined) throw new Error('nothing to verify');
  return verifyExport(given);
}

process.exitCode = await run().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  return exitCodes.unusable;
});
