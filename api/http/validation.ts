// Shapes of requests: compiled once, checked without coercion, and every fault reported at its place.
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { TObject, TSchema } from 'typebox';
import { isId } from '../../kernel/id.ts';
import type { RefusalField } from '../../kernel/refusal.ts';
import { pointerToken } from '../../kernel/text.ts';
import { isTimestamp } from '../../kernel/timestamp.ts';
import type { Call } from '../call.ts';
import { shellRefusals } from '../refusals.ts';
import { type Route, paramNames } from '../route.ts';
import { parseQuery } from './query-text.ts';

const { refuse } = shellRefusals;

const settings = {
  strict: true,
  strictTypes: false,
  coerceTypes: false,
  removeAdditional: false,
  useDefaults: true,
  ownProperties: true,
  formats: { 'date-time': isTimestamp },
} as const;
/** Stops at the first fault: what nearly every request passes. */
const quick = new Ajv(settings);
/** Finds all faults; only asked about bodies that are known to be bad and small enough not to make a flood of them. */
const thorough = new Ajv({ ...settings, allErrors: true });
const maxThoroughBytes = 65_536;
const maxErrors = 100;

/** Compiled when the first value asks for it: all routes at once take longer than the rest of a start. */
class Check {
  private readonly shape: TSchema;
  private quickly: ValidateFunction | undefined;
  private thoroughly: ValidateFunction | undefined;

  constructor(shape: TSchema) {
    this.shape = shape;
  }

  get quick(): ValidateFunction {
    return (this.quickly ??= quick.compile(this.shape));
  }

  get thorough(): ValidateFunction {
    return (this.thoroughly ??= thorough.compile(this.shape));
  }
}

const compiled = new WeakMap<TObject, Check>();

/** Faults of a value that is no request. */
export function faultsIn(shape: TObject, value: unknown): readonly RefusalField[] {
  const check = compiled.get(shape) ?? new Check(shape);
  compiled.set(shape, check);
  return check.quick(value) ? [] : faultsOf(check, value, false);
}

export interface RouteChecks {
  readonly params: readonly { readonly name: string; readonly check: Check | null }[];
  readonly query: Check | null;
  readonly body: Check | null;
  readonly bodyRequired: boolean;
}

export function checksOf(route: Route): RouteChecks {
  const params = paramNames(route.url).map((name) => ({ name, check: paramCheck(route, name) }));
  return {
    params,
    query: compile(route.query),
    body: compile(route.body),
    bodyRequired: (route.body?.required?.length ?? 0) > 0,
  };
}

function compile(shape: TObject | undefined): Check | null {
  return shape === undefined ? null : new Check(shape);
}

/** Ids are by far the most: they are checked without the validator. */
function paramCheck(route: Route, name: string): Check | null {
  if (name === 'id' || name.endsWith('_id')) return null;
  const shape = route.params?.properties[name];
  if (shape === undefined) throw new Error(`${route.url} does not declare :${name}`);
  return new Check(shape);
}

/** Throws the refusal of the first part that does not fit: path, then query, then body. */
export function checkRequest(checks: RouteChecks, call: Call, queryText: string): void {
  checkParams(checks, call.params as Record<string, string>);
  call.query = checkQuery(checks, call.route, queryText);
  call.body = checkBody(checks, call);
}

function checkParams(checks: RouteChecks, params: Record<string, string>): void {
  for (const { name, check } of checks.params) {
    const fits = check === null ? isId(params[name]) : check.quick(params[name]);
    if (fits) continue;
    const detail = check === null ? 'This is not an id.' : 'This part of the path does not have the right form.';
    throw refuse('id_invalid', detail, { errors: [{ pointer: `/${name}`, code: 'id_invalid', detail }] });
  }
}

function checkQuery(checks: RouteChecks, route: Route, text: string): unknown {
  const { values, errors } = text === '' ? { values: {}, errors: [] } : parseQuery(text, route.query);
  const found = checks.query === null || checks.query.quick(values) ? [] : faultsOf(checks.query, values, false);
  if (errors.length === 0 && found.length === 0) return values;
  throw refuse('query_invalid', 'The query string does not fit this operation.', { errors: [...errors, ...found] });
}

function checkBody(checks: RouteChecks, call: Call): unknown {
  if (checks.body === null) {
    if (call.body !== undefined) throw refuse('body_unexpected', 'This operation takes no body.');
    return undefined;
  }
  if (call.body === undefined && checks.bodyRequired) throw refuse('body_missing', 'This operation needs a JSON body.');
  const body = call.body === undefined ? {} : call.body;
  if (checks.body.quick(body)) return body;
  const shape = call.route.body as TObject;
  const errors =
    call.bodyText.length > maxThoroughBytes ? faultsByPart(shape, body) : faultsOf(checks.body, body, false);
  throw refuse('body_invalid', 'The body does not have the shape that this operation takes.', { errors });
}

function faultsOf(check: Check, value: unknown, first: boolean): RefusalField[] {
  const validate = first ? check.quick : check.thorough;
  validate(value);
  const faults = (validate.errors ?? []).filter(isTelling).slice(0, maxErrors);
  return faults.map(describe);
}

const parts = new WeakMap<TSchema, Check>();

/**
 * Of a large body, the faults of each of its parts: those that are small are looked at thoroughly, the others part by
 * part. So many items can be told of at once, and nobody gets a flood out of one of them.
 */
function faultsByPart(shape: TSchema, value: unknown, pointer = ''): RefusalField[] {
  const { items, properties } = shape as { items?: TSchema; properties?: Record<string, TSchema> };
  if (JSON.stringify(value).length <= maxThoroughBytes) return faultsAt(shape, value, pointer);
  const found: RefusalField[] = [];
  const look = (part: TSchema | undefined, name: string | number, item: unknown): void => {
    if (part === undefined || found.length >= maxErrors) return;
    found.push(...faultsByPart(part, item, `${pointer}/${pointerToken(String(name))}`));
  };
  if (Array.isArray(value) && items !== undefined) value.forEach((item, at) => look(items, at, item));
  else if (value !== null && typeof value === 'object' && properties !== undefined) {
    for (const [name, item] of Object.entries(value))
      look(Object.hasOwn(properties, name) ? properties[name] : undefined, name, item);
  }
  // Of the object itself, such as a member that is missing or not known.
  return found.length > 0 ? found.slice(0, maxErrors) : faultsAt(shape, value, pointer, true);
}

function faultsAt(shape: TSchema, value: unknown, pointer: string, first = false): RefusalField[] {
  let check = parts.get(shape);
  if (check === undefined) {
    // Inside a list, because a default is nothing at the root of a shape.
    check = new Check({ type: 'array', items: shape });
    parts.set(shape, check);
  }
  return faultsOf(check, [value], first).map((fault) => ({ ...fault, pointer: pointer + fault.pointer.slice(2) }));
}

/** Of a failed union, the union itself says nothing that its branches do not. */
function isTelling({ keyword }: ErrorObject): boolean {
  return keyword !== 'if';
}

const codes: Readonly<Record<string, string>> = {
  required: 'missing',
  additionalProperties: 'unknown',
  unevaluatedProperties: 'unknown',
  type: 'type',
  enum: 'choice',
  const: 'choice',
  anyOf: 'choice',
  oneOf: 'choice',
  minLength: 'too_short',
  maxLength: 'too_long',
  minItems: 'too_few',
  maxItems: 'too_many',
  uniqueItems: 'repeated',
  minimum: 'too_small',
  maximum: 'too_large',
  pattern: 'format',
  format: 'format',
};

function describe({ keyword, instancePath, params, message }: ErrorObject): RefusalField {
  const code = codes[keyword] ?? 'invalid';
  const { missingProperty, additionalProperty, allowedValues } = params as Record<string, unknown>;
  if (typeof missingProperty === 'string') {
    return { pointer: `${instancePath}/${pointerToken(missingProperty)}`, code, detail: 'This member is required.' };
  }
  if (typeof additionalProperty === 'string') {
    return {
      pointer: `${instancePath}/${pointerToken(additionalProperty)}`,
      code,
      detail: 'This member is not known here.',
    };
  }
  if (Array.isArray(allowedValues)) {
    return {
      pointer: instancePath,
      code,
      detail: `This must be one of ${allowedValues.map((item) => JSON.stringify(item)).join(', ')}.`,
    };
  }
  if (code === 'format') return { pointer: instancePath, code, detail: 'This does not have the required form.' };
  return { pointer: instancePath, code, detail: `This ${message ?? 'is not valid'}.` };
}
