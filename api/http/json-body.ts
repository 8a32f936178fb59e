// JSON bodies, strictly: UTF-8 only, no key twice, nothing that would be kept otherwise than it was sent.
// The engine parses; this file only counts, walks and, where a text is not plain ASCII, looks closer.
import { isAscii, isUtf8 } from 'node:buffer';
import { normalText, pointerToken, textFault } from '../../kernel/text.ts';
import { shellRefusals } from '../refusals.ts';

const { refuse } = shellRefusals;
const maxDepth = 32;
const forbiddenKey = '__proto__';

type Container = Record<string, unknown> | unknown[];

interface Walk {
  keys: number;
  /** Set when a string may hold more than printable ASCII, so that every one has to be looked at. */
  readonly careful: boolean;
}

export interface JsonBody {
  readonly text: string;
  readonly value: unknown;
}

export function parseJsonBody(bytes: Buffer): JsonBody {
  const text = decode(bytes);
  const value = parse(text);
  // An escape can spell anything; DEL is the one control character that JSON lets through raw.
  const escaped = text.includes('\\');
  const walk: Walk = { keys: 0, careful: escaped || text.length !== bytes.length || text.includes('\u007f') };
  const clean = visit(value, walk, 0, '');
  if (walk.keys !== countKeys(text, escaped)) {
    throw refuse('json_duplicate_key', 'An object in the body has the same key twice.');
  }
  return { text, value: clean };
}

function decode(bytes: Buffer): string {
  if (isAscii(bytes)) return bytes.toString('latin1');
  if (!isUtf8(bytes)) throw refuse('text_malformed', 'The body is not valid UTF-8.');
  return bytes.toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw refuse('json_malformed', 'The body is not a JSON text.');
  }
}

/** The names that the text spells out. A parsed object that has fewer lost one to a repetition. */
function countKeys(text: string, escaped: boolean): number {
  let count = 0;
  let at = text.indexOf('"');
  while (at !== -1) {
    const end = escaped ? endOfString(text, at + 1) : text.indexOf('"', at + 1);
    let next = end + 1;
    while (isSpace(text.charCodeAt(next))) next += 1;
    if (text.charCodeAt(next) === 0x3a) count += 1;
    at = text.indexOf('"', end + 1);
  }
  return count;
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start); ; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** Counts, checks, and puts text into its normal form in place; the result is the value to use. */
function visit(value: unknown, walk: Walk, depth: number, pointer: string): unknown {
  if (typeof value === 'string') return walk.careful ? visitText(value, pointer) : value;
  if (typeof value === 'number') return visitNumber(value, pointer);
  if (value === null || typeof value !== 'object') return value;
  if (depth >= maxDepth) throw refuse('json_too_deep', `The body is nested deeper than ${maxDepth} levels.`);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      const item: unknown = value[index];
      if (isSettled(item, walk)) continue;
      value[index] = visit(item, walk, depth + 1, `${pointer}/${index}`);
    }
    return value;
  }
  return visitObject(value as Record<string, unknown>, walk, depth, pointer);
}

function visitObject(object: Record<string, unknown>, walk: Walk, depth: number, pointer: string): Container {
  let renamed: Record<string, unknown> | null = null;
  for (const key in object) {
    if (key === forbiddenKey) throw refuse('json_forbidden_key', 'A key of the body is `__proto__`.');
    const name = walk.careful ? visitText(key, pointer) : key;
    if (name !== key) renamed ??= {};
  }
  const target = renamed ?? object;
  for (const key in object) {
    const name = renamed === null ? key : normalText(key);
    if (renamed === null || !Object.hasOwn(target, name)) walk.keys += 1;
    const item = object[key];
    if (renamed === null && isSettled(item, walk)) continue;
    target[name] = visit(item, walk, depth + 1, `${pointer}/${pointerToken(name)}`);
  }
  return target;
}

/** Most values need nothing done to them, and a pointer for each would cost more than the look itself. */
function isSettled(item: unknown, walk: Walk): boolean {
  if (typeof item === 'string') return !walk.careful;
  if (typeof item === 'number') return Number.isSafeInteger(item);
  return item === null || typeof item === 'boolean';
}

function visitText(text: string, pointer: string): string {
  const fault = textFault(text);
  if (fault === null) return normalText(text);
  const detail =
    fault === 'text_control' ? 'A text holds a control character.' : 'A text holds half of a surrogate pair.';
  throw refuse(fault, detail, { errors: [{ pointer, code: fault, detail }] });
}

function visitNumber(value: number, pointer: string): number {
  if (Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))) return value;
  const detail = 'A number is outside the range that is kept exactly.';
  throw refuse('json_number_range', detail, { errors: [{ pointer, code: 'json_number_range', detail }] });
}
