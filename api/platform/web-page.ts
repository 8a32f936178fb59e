// The pages for people, as `npm run build` left them: read once at the start, and served from memory.
import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Answer, Call } from '../call.ts';
import { matches } from '../present.ts';
import { shellRefusals } from '../refusals.ts';

export const webFolder = path.resolve(import.meta.dirname, '../../web/dist');

/** Scripts, styles, fonts and requests of this server alone; nothing inline, nothing in a frame. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

interface WebFile {
  readonly bytes: Buffer;
  /** The same, compressed by Brotli. */
  readonly packed: Buffer | null;
  readonly type: string;
  readonly etag: string;
  readonly cache: string;
}

export interface WebBuild {
  /** Segments after a dollar sign stand for anything. Null when nothing was built. */
  readonly paths: readonly string[] | null;
  find(path: string): WebFile | undefined;
}

export function readWebBuild(folder: string): WebBuild {
  const names = namesIn(folder);
  if (!names.includes('pages.json')) return { paths: null, find: () => undefined };
  const paths = JSON.parse(readFileSync(path.join(folder, 'pages.json'), 'utf8')) as readonly string[];
  // The name of an asset is made from its content, so what has the name never changes.
  const assets = namesIn(path.join(folder, 'assets'))
    .filter((name) => !name.endsWith('.br'))
    .map((name) => [`/assets/${name}`, readAsset(path.join(folder, 'assets', name))] as const);
  const files = new Map<string, WebFile>(assets);
  const index = fileOf(path.join(folder, 'index.html'), null, 'no-cache');
  const patterns = paths.map((one) => one.split('/'));
  return {
    paths,
    find: (asked) => files.get(asked) ?? (patterns.some((parts) => fits(parts, asked.split('/'))) ? index : undefined),
  };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readAsset(file: string): WebFile {
  const packed = file.endsWith('.woff2') ? null : readFileSync(`${file}.br`);
  return fileOf(file, packed, 'public, max-age=31536000, immutable');
}

function fileOf(file: string, packed: Buffer | null, cache: string): WebFile {
  const bytes = readFileSync(file);
  const type = types[path.extname(file)] ?? 'application/octet-stream';
  return { bytes, packed, type, cache, etag: `"${hash('sha256', bytes, 'base64url').slice(0, 22)}"` };
}

function fits(parts: readonly string[], asked: readonly string[]): boolean {
  return (
    parts.length === asked.length &&
    parts.every((part, at) => (part.startsWith('$') ? asked[at] !== '' : part === asked[at]))
  );
}

/** Null when the request is for no page. */
export function answerPage(web: WebBuild, call: Call): Answer | null {
  const { method, url = '' } = call.raw;
  if (method !== 'GET' && method !== 'HEAD') return null;
  const file = web.find(url.split('?', 1)[0] as string);
  if (file !== undefined) return showFile(call, file);
  if (web.paths !== null || !isForPeople(call)) return null;
  throw shellRefusals.refuse('pages_unbuilt', 'The web pages were not built; the API is not affected.');
}

function isForPeople(call: Call): boolean {
  return call.header('accept')?.includes('text/html') === true;
}

function showFile(call: Call, { bytes, packed, type, etag, cache }: WebFile): Answer {
  const isPacked = packed !== null && /(?:^|,)\s*br\s*(?:,|$)/.test(call.header('accept-encoding') ?? '');
  // Two representations, two tags.
  const tag = isPacked ? etag.replace(/"$/, '-br"') : etag;
  const headers = ['etag', tag, 'content-security-policy', pagePolicy, 'vary', 'accept-encoding'];
  if (isPacked) headers.push('content-encoding', 'br');
  const wanted = call.header('if-none-match');
  if (wanted !== undefined && matches(wanted, tag)) return { status: 304, body: '', headers, cache };
  return { status: 200, body: '', bytes: isPacked ? packed : bytes, type, headers, cache };
}
