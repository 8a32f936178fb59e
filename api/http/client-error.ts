// Failures below HTTP: no request object exists, so the answer is written to the socket as it is.
import type { Socket } from 'node:net';
import { newId } from '../../kernel/id.ts';
import { refusalStatus } from '../../kernel/refusal.ts';
import type { ApiContext } from '../context.ts';
import { problemBody, problemType } from './problem.ts';
import { shellRefusals } from '../refusals.ts';
import { closedPolicy } from './answer.ts';

type Code = keyof typeof shellRefusals.codes;

const phrases: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

export function answerClientError(api: ApiContext, error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = codeOf(error);
  const { kind, title } = shellRefusals.codes[code];
  const status = refusalStatus[kind];
  const requestId = newId();
  const { publicUrl } = api.options;
  const body = problemBody({ status, code, title, detail: `${title}.`, requestId, publicUrl });
  api.metrics.observe('unmatched', status, 0);
  const head = [
    `HTTP/1.1 ${status} ${phrases[status] ?? 'Bad Request'}`,
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    'x-content-type-options: nosniff',
    'referrer-policy: no-referrer',
    'cross-origin-resource-policy: same-origin',
    `content-security-policy: ${closedPolicy}`,
    `request-id: ${requestId}`,
    'connection: close',
  ];
  // A caller that goes on sending must not keep the socket half open.
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

function codeOf(error: NodeJS.ErrnoException): Code {
  if (error.code === 'HPE_HEADER_OVERFLOW') return 'headers_too_large';
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request_timeout';
  return 'request_malformed';
}
