// Problem documents (RFC 9457): every answer from 400 upwards.
import { Refusal, type RefusalCode, type RefusalExtra } from '../../kernel/refusal.ts';
import type { NextAct } from '../../policies/next-act.ts';
import { databaseUnavailable, isConnectionFailure } from '../../sql/database.ts';
import type { Answer, Call } from '../call.ts';
import { showNextActions } from '../next-action.ts';
import { codeTable } from '../refusal-codes.ts';

export const problemType = 'application/problem+json; charset=utf-8';

const internalTitle = 'Internal error';
const internalDetail = 'The server failed. The request id names the entry in its log.';

type NextActs = NonNullable<RefusalExtra['nextActs']>;

export interface ProblemParts {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly requestId: string;
  readonly publicUrl: string;
}

export function problemBody(parts: ProblemParts, refusal?: Refusal): string {
  const { errors, members, nextActs } = refusal?.extra ?? {};
  return JSON.stringify({
    type: `${parts.publicUrl}/errors/${parts.code}`,
    title: parts.title,
    status: parts.status,
    detail: parts.detail,
    instance: `urn:request:${encodeURIComponent(parts.requestId)}`,
    code: parts.code,
    ...(errors === undefined ? {} : { errors }),
    ...members,
    ...(nextActs === undefined ? {} : { remediation: remediationOf(parts, nextActs) }),
  });
}

/** A refusal of custody says what would have succeeded. */
function remediationOf({ code, publicUrl }: ProblemParts, { storyId, acts }: NextActs): object {
  return {
    description: codeTable[code]?.remedy ?? '',
    next_actions: showNextActions(publicUrl, storyId, acts as readonly NextAct[]),
    learn_more: `${publicUrl}/errors/${code}`,
  };
}

function titleOf(code: string): string {
  const declared: RefusalCode | undefined = codeTable[code];
  return declared?.title ?? 'Refused';
}

/** The part of a call that a problem tells of. */
export type Faced = Pick<Call, 'api' | 'requestId' | 'route'>;

function problemAnswer(call: Faced, refusal: Refusal): Answer {
  const { status, code, message, extra } = refusal;
  const headers: string[] = [];
  for (const [name, value] of Object.entries(extra.headers ?? {})) headers.push(name.toLowerCase(), value);
  if (status === 401) headers.push('www-authenticate', 'Bearer');
  const { requestId } = call;
  const { publicUrl } = call.api.options;
  const body = problemBody({ status, code, title: titleOf(code), detail: message, requestId, publicUrl }, refusal);
  return { status, body, type: problemType, headers };
}

/** A bug or a fault of ours: the caller learns the request id, the log learns the rest. */
function failureAnswer(call: Faced, error: unknown): Answer {
  const { requestId, api } = call;
  api.logger.error({ request_id: requestId, operation: call.route.operation, err: error }, 'unexpected error');
  const parts = { status: 500, code: 'internal_error', title: internalTitle, detail: internalDetail };
  return {
    status: 500,
    body: problemBody({ ...parts, requestId, publicUrl: api.options.publicUrl }),
    type: problemType,
  };
}

export function answerTo(call: Faced, error: unknown): Answer {
  if (error instanceof Refusal) return problemAnswer(call, error);
  if (!isConnectionFailure(error)) return failureAnswer(call, error);
  const { logger } = call.api;
  logger.warn(
    { request_id: call.requestId, operation: call.route.operation, err: error },
    'the database does not answer',
  );
  return problemAnswer(call, databaseUnavailable());
}
