// The API for people: one self-contained page, made on the server, that loads nothing and runs nothing.

/** One stylesheet inline and nothing else: there is no script to allow. */
export const docsPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, Response>>;
}

interface Response {
  /** To one that many operations give. */
  readonly $ref?: string;
  readonly description: string;
  readonly content?: Content;
}

interface Components {
  readonly schemas: Readonly<Record<string, unknown>>;
  readonly responses: Readonly<Record<string, Response>>;
}

interface Parameter {
  readonly $ref?: string;
  readonly name?: string;
  readonly in?: string;
  readonly schema?: unknown;
}

type Content = Readonly<Record<string, { readonly schema: unknown; readonly example?: unknown }>>;
type Entry = readonly [method: string, path: string, operation: Operation];

const responsePlace = '#/components/responses/';

const style = `
:root{color-scheme:light dark;--line:#8884;--soft:#8881}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:64rem;padding:1rem}
nav ul{columns:18rem;list-style:none;padding:0}
h2{border-bottom:1px solid var(--line);margin-top:3rem}
article{border:1px solid var(--line);border-radius:.5rem;margin:1rem 0;padding:0 1rem}
h3 code{font-size:1rem}
pre{background:var(--soft);border-radius:.25rem;max-height:24rem;overflow:auto;padding:.5rem;white-space:pre-wrap}
li,h3,p{overflow-wrap:anywhere}table{border-collapse:collapse;display:block;overflow-x:auto}td,th{border-bottom:1px solid var(--line);padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top}
`;

export function docsPage(document: Record<string, unknown>): string {
  const entries = entriesOf(document);
  const tags = [...new Set(entries.map(([, , operation]) => operation.tags[0] as string))].sort();
  const components = { schemas: {}, responses: {}, ...(document['components'] as Partial<Components> | undefined) };
  const info = document['info'] as { readonly version: string; readonly summary: string };
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<title>Loopledger API</title><style>${style}</style></head><body><header><h1>Loopledger API ${escape(info.version)}</h1>`,
    `<p>${escape(info.summary)}. The same as <a href="/openapi.json">OpenAPI 3.1</a>; the codes of problems are `,
    '<a href="/errors">listed</a>.</p></header><nav aria-label="Operations"><ul>',
    ...entries.map(
      ([method, path, { operationId }]) => `<li><a href="#${operationId}">${method} ${escape(path)}</a></li>`,
    ),
    '</ul></nav><main>',
    ...tags.flatMap((tag) => [
      `<section><h2>${escape(tag)}</h2>`,
      ...entries
        .filter(
          ([
            ,
            ,
            {
              tags: [first],
            },
          ]) => first === tag,
        )
        .map((entry) => article(entry, components)),
      '</section>',
    ]),
    '<section><h2>Shapes</h2>',
    ...Object.entries(components.schemas).map(
      ([name, shape]) => `<article id="shape-${name}"><h3><code>${name}</code></h3><pre>${json(shape)}</pre></article>`,
    ),
    '</section></main></body></html>',
  ].join('\n');
}

function entriesOf(document: Record<string, unknown>): Entry[] {
  const paths = document['paths'] as Record<string, Record<string, Operation>>;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Entry => [method.toUpperCase(), path, operation]),
  );
}

function article([method, path, operation]: Entry, components: Components): string {
  const responses = Object.entries(operation.responses).map(([status, response]): [string, Response] => [
    status,
    components.responses[response.$ref?.slice(responsePlace.length) ?? ''] ?? response,
  ]);
  const parameters = operation.parameters.filter((parameter) => parameter.name !== undefined);
  return [
    `<article id="${operation.operationId}"><h3><code>${method} ${escape(path)}</code></h3><p>${escape(operation.summary)}.</p>`,
    ...operation.description.split('\n\n').map((text) => `<p>${escape(text)}</p>`),
    parameters.length === 0
      ? ''
      : table(parameters.map(({ name, in: place, schema }) => [`${name} (${place})`, JSON.stringify(schema)])),
    operation.requestBody === undefined ? '' : `<h4>Body</h4>${contentOf(operation.requestBody.content)}`,
    '<h4>Answers</h4>',
    table(responses.map(([status, { description }]) => [status, description])),
    ...responses
      .filter(([status, { content }]) => status.startsWith('2') && content !== undefined)
      .map(([, { content }]) => contentOf(content as Content)),
    '</article>',
  ].join('\n');
}

function contentOf(content: Content): string {
  return Object.entries(content)
    .map(([type, { schema, example }]) => {
      const shown = example === undefined ? '' : `<pre>${json(example)}</pre>`;
      return `<p>${escape(type)}</p>${shown}<details><summary>Shape</summary><pre>${json(schema)}</pre></details>`;
    })
    .join('\n');
}

function table(rows: readonly (readonly [string, string])[]): string {
  return `<table>${rows.map(([name, text]) => `<tr><th scope="row">${escape(name)}</th><td>${escape(text)}</td></tr>`).join('')}</table>`;
}

/** What is named leads to where it stands. */
function json(value: unknown): string {
  const text = escape(JSON.stringify(value, null, 2) ?? '');
  return text.replace(/#\/components\/schemas\/(\w+)/g, '<a href="#shape-$1">$1</a>');
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
