// Query strings, strictly: percent-encoded UTF-8, each parameter once, numbers and booleans in their plain spelling.
import type { TObject } from 'typebox';
import type { RefusalField } from '../../kernel/refusal.ts';
import { normalText, pointerToken, textFault } from '../../kernel/text.ts';

export interface ParsedQuery {
  readonly values: Record<string, unknown>;
  readonly errors: readonly RefusalField[];
}

const integer = /^-?(?:0|[1-9]\d{0,15})$/;
/** More than any operation takes; a longer list of parameters is nonsense or an attack. */
const maxParameters = 64;

export function parseQuery(text: string, shape: TObject | undefined): ParsedQuery {
  const values: Record<string, unknown> = {};
  const errors: RefusalField[] = [];
  const parts = text.split('&', maxParameters + 1);
  if (parts.length > maxParameters) errors.push(fault('', 'query_invalid', `More than ${maxParameters} parameters.`));
  for (const part of parts.slice(0, maxParameters)) {
    if (part !== '') readPart(part, shape, { values, errors });
  }
  return { values, errors };
}

function readPart(part: string, shape: TObject | undefined, { values, errors }: Draft): void {
  const equals = part.indexOf('=');
  const name = decode(equals === -1 ? part : part.slice(0, equals));
  const text = equals === -1 ? '' : decode(part.slice(equals + 1));
  if (name === null || text === null) {
    errors.push(fault('', 'query_invalid', 'The query string is not valid percent-encoded UTF-8.'));
    return;
  }
  const pointer = `/${pointerToken(name)}`;
  const declared: Shape | undefined =
    shape !== undefined && Object.hasOwn(shape.properties, name) ? shape.properties[name] : undefined;
  if (declared === undefined) {
    errors.push(fault(pointer, 'parameter_unknown', 'This operation does not know the parameter.'));
    return;
  }
  const textual = textFault(text);
  if (textual !== null) errors.push(fault(pointer, textual, 'The parameter holds a character that is never accepted.'));
  const value = convert(normalText(text), declared);
  if (declared.type === 'array') {
    const list = (values[name] ??= []) as unknown[];
    list.push(value);
  } else if (Object.hasOwn(values, name)) {
    errors.push(fault(pointer, 'parameter_repeated', 'The parameter is given more than once.'));
  } else {
    values[name] = value;
  }
}

interface Draft {
  readonly values: Record<string, unknown>;
  readonly errors: RefusalField[];
}

interface Shape {
  readonly type?: string;
  readonly items?: Shape;
}

/** A spelling that is not plain stays text, and the validator refuses it as the wrong type. */
function convert(text: string, shape: Shape): unknown {
  const type = shape.type === 'array' ? shape.items?.type : shape.type;
  if (type === 'integer' && integer.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function decode(text: string): string | null {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}

function fault(pointer: string, code: string, detail: string): RefusalField {
  return { pointer, code, detail };
}
