// A shape of the OpenAPI document as the text of a TypeScript type.
export interface Shape {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Shape[];
  readonly allOf?: readonly Shape[];
  readonly items?: Shape;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly patternProperties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
}

const plain: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  null: 'null',
};

export function typeText(shape: Shape): string {
  if (shape.const !== undefined) return JSON.stringify(shape.const);
  if (shape.enum !== undefined) return shape.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (shape.anyOf !== undefined) return shape.anyOf.map((choice) => `(${typeText(choice)})`).join(' | ');
  if (shape.allOf !== undefined) return shape.allOf.map((part) => `(${typeText(part)})`).join(' & ');
  if (shape.type === 'array') return `readonly (${typeText(shape.items ?? {})})[]`;
  if (shape.type === 'object') return objectText(shape);
  return plain[shape.type ?? ''] ?? 'unknown';
}

function objectText({ properties = {}, patternProperties = {}, required = [] }: Shape): string {
  const members = Object.entries(properties).map(
    ([name, shape]) => `readonly ${JSON.stringify(name)}${required.includes(name) ? '' : '?'}: ${typeText(shape)}`,
  );
  if (members.length > 0) return `{ ${members.join('; ')} }`;
  const [named] = Object.values(patternProperties);
  return `Readonly<Record<string, ${named === undefined ? 'unknown' : typeText(named)}>>`;
}
