// What a new version of the OpenAPI document takes away from callers of an older one.

type Json = Readonly<Record<string, unknown>>;

interface Difference {
  readonly before: Json;
  readonly after: Json;
  readonly place: string;
}

/** A sentence for each promise that is broken; additions break none. */
export function breakingChanges(before: Json, after: Json): string[] {
  const found: string[] = [];
  const [old, now] = [operationsOf(before), operationsOf(after)];
  for (const [place, operation] of old) {
    const kept = now.get(place);
    if (kept === undefined) found.push(`${place} is gone`);
    else found.push(...operationChanges({ before: operation, after: kept, place }));
  }
  return found;
}

function operationsOf(document: Json): Map<string, Json> {
  const operations = new Map<string, Json>();
  for (const [path, methods] of entries(document['paths'])) {
    for (const [method, operation] of entries(methods))
      operations.set(`${method.toUpperCase()} ${path}`, operation as Json);
  }
  return operations;
}

function operationChanges({ before, after, place }: Difference): string[] {
  const found: string[] = [];
  if (before['operationId'] !== after['operationId']) found.push(`${place} has another operationId`);
  found.push(...parameterChanges({ before, after, place }));
  const [oldBody, newBody] = [bodyOf(before['requestBody']), bodyOf(after['requestBody'])];
  if (oldBody !== null && newBody === null) found.push(`${place} takes no body any more`);
  if (newBody !== null)
    found.push(...requestChanges({ before: oldBody ?? {}, after: newBody, place: `${place} body` }));
  for (const [status, response] of entries(before['responses'])) {
    if (!status.startsWith('2')) continue;
    const kept = object(object(after['responses'])[status]);
    const [oldShape, newShape] = [bodyOf(response), bodyOf(kept)];
    if (oldShape !== null && newShape === null) found.push(`${place} does not answer ${status} any more`);
    if (oldShape !== null && newShape !== null) {
      found.push(...responseChanges({ before: oldShape, after: newShape, place: `${place} ${status}` }));
    }
  }
  return found;
}

function parameterChanges({ before, after, place }: Difference): string[] {
  const found: string[] = [];
  const [old, now] = [parametersOf(before), parametersOf(after)];
  for (const name of old.keys()) if (!now.has(name)) found.push(`${place} does not take ${name} any more`);
  for (const [name, parameter] of now) {
    const known = old.get(name);
    if (parameter['required'] === true && known?.['required'] !== true) found.push(`${place} now requires ${name}`);
    if (known !== undefined) {
      found.push(
        ...requestChanges({
          before: object(known['schema']),
          after: onceOf(object(known['schema']), object(parameter['schema'])),
          place: `${place} ${name}`,
        }),
      );
    }
  }
  return found;
}

/** A parameter that may be repeated now may still be said once. */
function onceOf(before: Json, after: Json): Json {
  const repeated = before['type'] !== 'array' && after['type'] === 'array' && number(after['minItems'], 0) <= 1;
  return repeated ? object(after['items']) : after;
}

/** What callers send: nothing that was accepted may be refused. */
function requestChanges({ before, after, place }: Difference): string[] {
  const found = typeChanges({ before, after, place });
  for (const name of list(after['required'])) {
    if (!list(before['required']).includes(name)) found.push(`${place} now requires ${name}`);
  }
  for (const choice of list(before['enum'])) {
    if (after['enum'] !== undefined && !list(after['enum']).includes(choice))
      found.push(`${place} does not accept ${choice} any more`);
  }
  if (before['enum'] === undefined && after['enum'] !== undefined && Object.keys(before).length > 0)
    found.push(`${place} is now a choice`);
  for (const limit of ['maxLength', 'maxItems', 'maximum'] as const) {
    if (number(after[limit], Infinity) < number(before[limit], Infinity)) found.push(`${place} has a lower ${limit}`);
  }
  for (const limit of ['minLength', 'minItems', 'minimum'] as const) {
    if (number(after[limit], -Infinity) > number(before[limit], -Infinity))
      found.push(`${place} has a higher ${limit}`);
  }
  for (const [name, shape] of entries(before['properties'])) {
    const kept = object(after['properties'])[name];
    if (kept === undefined) found.push(`${place} does not take ${name} any more`);
    else found.push(...requestChanges({ before: shape as Json, after: kept as Json, place: `${place}.${name}` }));
  }
  return found;
}

/** What callers read: nothing that was there may be missing. */
function responseChanges({ before, after, place }: Difference): string[] {
  const found = typeChanges({ before, after, place });
  for (const name of list(before['required'])) {
    if (!list(after['required']).includes(name)) found.push(`${place} does not always show ${name} any more`);
  }
  for (const [name, shape] of entries(before['properties'])) {
    const kept = object(after['properties'])[name];
    if (kept === undefined) found.push(`${place} does not show ${name} any more`);
    else found.push(...responseChanges({ before: shape as Json, after: kept as Json, place: `${place}.${name}` }));
  }
  if (before['items'] !== undefined) {
    found.push(
      ...responseChanges({ before: object(before['items']), after: object(after['items']), place: `${place}[]` }),
    );
  }
  return found;
}

function typeChanges({ before, after, place }: Difference): string[] {
  const [old, now] = [before['type'], after['type']];
  return old === undefined || old === now ? [] : [`${place} is ${JSON.stringify(now)} and was ${JSON.stringify(old)}`];
}

function parametersOf(operation: Json): Map<string, Json> {
  const parameters = (operation['parameters'] ?? []) as readonly (Json & {
    readonly [text in '$ref' | 'in' | 'name']?: string;
  })[];
  return new Map(parameters.map((parameter) => [parameter.$ref ?? `${parameter.in} ${parameter.name}`, parameter]));
}

function bodyOf(part: unknown): Json | null {
  const [first] = Object.values(object(object(part)['content']));
  return first === undefined ? null : object(object(first)['schema']);
}

function entries(value: unknown): [string, unknown][] {
  return Object.entries(object(value));
}

function object(value: unknown): Json {
  return (value ?? {}) as Json;
}

function list(value: unknown): string[] {
  return ((value ?? []) as readonly unknown[]).map(String);
}

function number(value: unknown, missing: number): number {
  return typeof value === 'number' ? value : missing;
}
