// The requests of the benchmark, whole as they go over the wire.
import { counterMark } from '../measure/job.ts';

/** One and the same story for every contender: about 600 bytes of JSON. */
export const storyBody = JSON.stringify({
  title: `Orders are exported once a day ${counterMark}`,
  description:
    'The export runs at 02:00 in the tenant\u2019s own time zone, resumes where it stopped, and never sends an order twice. ' +
    'A failed run is repeated after ten minutes, three times at most, and then raised as an alert to the people on duty.',
  priority: 2,
  criteria: [
    { text: 'An order that was exported yesterday is not in the file of today.', binding: 'test:export/once.test.ts' },
    { text: 'A run that was killed goes on with the next order after the last one sent.', binding: null },
  ],
});

export function postRequest(path: string, body: string, headers: Readonly<Record<string, string>> = {}): string {
  return `${head('POST', path, { ...headers, 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) })}${body}`;
}

export function patchRequest(path: string, body: string, headers: Readonly<Record<string, string>> = {}): string {
  return postRequest(path, body, headers).replace('POST', 'PATCH');
}

export function getRequest(path: string, headers: Readonly<Record<string, string>> = {}): string {
  return head('GET', path, headers);
}

function head(method: string, path: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${lines.join('')}\r\n`;
}

export function bearer(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}` };
}
