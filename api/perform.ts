// How a route that writes runs its command: idempotency, the expected version, and the headers of the answer.
import { hash } from 'node:crypto';
import type { CommandDefinition } from '../kernel/command.ts';
import { newId } from '../kernel/id.ts';
import { isVisibleAscii } from '../kernel/text.ts';
import type { ExecuteRequest } from '../sql/batch.ts';
import type { Result } from '../sql/lane.ts';
import { ledgerRefusals } from '../sql/refusals.ts';
import type { Answer, Call } from './call.ts';
import { traceIdOf } from './http/request-id.ts';
import { shellRefusals } from './refusals.ts';

const { refuse } = shellRefusals;
const strongVersion = /^"v([1-9]\d{0,9})"$/;

export interface Act<Command> {
  readonly definition: CommandDefinition<Command>;
  readonly command: Command;
  readonly render: ExecuteRequest['render'];
  /** Of a new object, without its id: `/api/v1/stories`. */
  readonly location?: string;
}

export async function perform<Command>(call: Call, act: Act<Command>): Promise<Answer> {
  const ifMatch = call.header('if-match');
  const result = await run(call, act, { idempotency: idempotencyOf(call, ifMatch), expectedVersion: ifMatchOf(call) });
  const headers = ['etag', `"v${result.version}"`, 'loopledger-position', String(result.position)];
  if (result.replayed) headers.push('idempotency-replayed', 'true');
  if (result.status === 201 && act.location !== undefined) {
    const id = result.replayed ? replayedId(result.body) : act.definition.subject(act.command).id;
    headers.push('location', `${act.location}/${id}`);
  }
  return { status: result.status, body: result.status === 204 ? '' : result.body, headers };
}

type Frame = Pick<ExecuteRequest, 'idempotency' | 'expectedVersion'>;

function run<Command>(call: Call, { definition, command, render }: Act<Command>, frame: Frame): Promise<Result> {
  const { tenantId, actor } = call;
  const correlationId = correlationOf(call);
  return call.api.ledger.execute({ tenantId, actor, definition, command, correlationId, render, ...frame });
}

/** One of several commands of a request. Its key follows from that of the request and the name of the part. */
export function performPart<Command>(call: Call, act: Act<Command>, part: string): Promise<Result> {
  const whole = idempotencyOf(call, undefined);
  const key = hash('sha256', `${whole.key}\n${part}`);
  return run(call, act, { idempotency: { ...whole, key }, expectedVersion: null });
}

/** A command whose answer is for the server alone, and is not remembered. */
export function performAside<Command>(call: Call, act: Act<Command>): Promise<Result> {
  const idempotency = { key: newId(), requestHash: noHash, supplied: false };
  return run(call, act, { idempotency, expectedVersion: null });
}

/** The command of a repeat carries a fresh id; the object that exists has the first one. */
function replayedId(body: string): string {
  return (JSON.parse(body) as { id: string }).id;
}

function correlationOf(call: Call): string {
  const traceparent = call.header('traceparent');
  return (traceparent === undefined ? null : traceIdOf(traceparent)) ?? call.requestId;
}

function idempotencyOf(call: Call, ifMatch: string | undefined): ExecuteRequest['idempotency'] {
  const given = call.header('idempotency-key');
  if (given === undefined) return { key: newId(), requestHash: noHash, supplied: false };
  if (!isVisibleAscii(given, 255)) {
    throw invalidHeader('Idempotency-Key', 'An Idempotency-Key has 1 to 255 visible ASCII characters and no space.');
  }
  return { key: given, requestHash: requestHash(call, ifMatch), supplied: true };
}

/** For a write that runs no command of its own, and is the same however often it is sent. */
export function requireIdempotencyHeader(call: Call): void {
  idempotencyOf(call, call.header('if-match'));
}

/** The same of one that is about no object, so no version of one can be expected. */
export function requireWriteHeaders(call: Call): void {
  requireIdempotencyHeader(call);
  const version = ifMatchOf(call);
  if (version === null) return;
  throw ledgerRefusals.refuse('version_conflict', `There is no object here that could be at version ${version}.`);
}

/** Nothing is remembered, and so nothing compared, for a key that the caller does not know. */
const noHash = Buffer.alloc(32);

function requestHash(call: Call, ifMatch: string | undefined): Buffer {
  const { method, url } = call.raw;
  // By way of hexadecimal text: a digest that is asked for as a buffer comes in memory of its own, at twice the time.
  return Buffer.from(hash('sha256', `${method} ${url}\n${ifMatch ?? ''}\n${call.bodyText}`), 'hex');
}

/** The version that the object must still have; null when any will do. */
export function ifMatchOf(call: Call): number | null {
  const ifMatch = call.header('if-match');
  return ifMatch === undefined ? null : expectedVersion(ifMatch);
}

function expectedVersion(ifMatch: string): number {
  const version = strongVersion.exec(ifMatch)?.[1];
  if (version === undefined) throw invalidHeader('If-Match', 'If-Match takes one strong ETag as it was given: "v7".');
  return Number(version);
}

export function invalidHeader(name: string, detail: string): Error {
  return refuse('header_invalid', detail, { errors: [{ pointer: `/${name}`, code: 'header_invalid', detail }] });
}
