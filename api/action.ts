// An action: one call that a program can make without knowing this API, and where it finds what it has to say.
import { type Static, type TObject, Type } from 'typebox';
import type { Json } from '../kernel/event.ts';

const closed = { additionalProperties: false } as const;
const Path = Type.String({ maxLength: 300, description: 'On the same server; what stands in braces is a path field' });
const Free = Type.Object({}, { additionalProperties: true });

const From = Type.Object(
  {
    get: Type.Optional(Path),
    post: Type.Optional(Path),
    body: Type.Optional(Free),
    pointer: Type.String({
      maxLength: 200,
      description: 'JSON pointer (RFC 6901); a `*` in it is each item of a list, of which one is chosen',
    }),
    as: Type.Optional(
      Type.Enum(['count', 'sha256_of_canonical_json', 'new_credential'], {
        description:
          'What is made of it: the number of items, the SHA-256 of its canonical JSON (RFC 8785), or what `navigator.credentials.create` answers to it',
      }),
    ),
  },
  {
    ...closed,
    description: 'Where it stands: in the answer to a call that is made for it; without one, in the answer at hand',
  },
);
export type From = Static<typeof From>;

const Field = Type.Object(
  {
    value: Type.Optional(Type.Unknown({ description: 'Nothing else will do' })),
    from: Type.Optional(From),
  },
  {
    additionalProperties: true,
    description: 'JSON Schema of what is to be said. Without `value` or `from` it is yours to say',
  },
);
/** JSON Schema is open. */
type Field = Readonly<Record<string, unknown>> & Static<typeof Field>;
const Fields = Type.Object({}, { additionalProperties: Field });

const Header = Type.Object(
  {
    prefix: Type.Optional(Type.String({ maxLength: 20 })),
    from: Type.Optional(From),
    description: Type.Optional(Type.String({ maxLength: 200 })),
  },
  closed,
);
type Header = Static<typeof Header>;

export const ActionView = Type.Object(
  {
    action: Type.String({ maxLength: 40 }),
    why: Type.String({ maxLength: 200 }),
    method: Type.Enum(['GET', 'POST']),
    path: Path,
    path_fields: Type.Object({}, { additionalProperties: Field, description: 'In the order in which they are chosen' }),
    required_body: Type.Union([Fields, Type.Null()], { description: 'What must be said; null where there is no body' }),
    optional_body: Type.Array(Type.String({ maxLength: 60 }), {
      maxItems: 30,
      description: 'What may be said beside it; `learn_more` tells its shape',
    }),
    headers: Type.Object({}, { additionalProperties: Header }),
    step_up: Type.Boolean({ description: 'A person confirms this very request, as discovery describes it' }),
    preconditions: Type.Array(Type.String({ maxLength: 300 }), { maxItems: 5 }),
    learn_more: Type.String({ maxLength: 500 }),
  },
  closed,
);
export type ActionView = Static<typeof ActionView>;
export const NextActions = Type.Array(ActionView, {
  maxItems: 30,
  description: 'Exactly the calls that would succeed for this caller now',
});

export interface ActionTemplate {
  readonly action: string;
  readonly why: string;
  readonly method?: 'GET';
  readonly path: string;
  /** The operation of the route. */
  readonly operation: string;
  readonly pathFields?: Readonly<Record<string, Field>>;
  /** As the route declares it. */
  readonly body?: TObject;
  /** By name, what is known of fields of the body beside their shape. */
  readonly told?: Readonly<Record<string, Field>>;
  readonly headers?: Readonly<Record<string, Header>>;
  readonly stepUp?: true;
  readonly preconditions?: readonly string[];
}

export function fixed(value: Json): Field {
  return { value };
}

export function found(from: From): Field {
  return { from };
}

const stepUpNeeded = 'A person confirms this request with an authenticator: `authentication.step_up` of discovery.';

export function showAction(publicUrl: string, template: ActionTemplate): ActionView {
  const { action, why, method = 'POST', path, operation, pathFields = {}, headers = {}, stepUp = false } = template;
  const { required, optional } = fieldsOf(template);
  return {
    action,
    why,
    method,
    path,
    path_fields: pathFields,
    required_body: required,
    optional_body: optional,
    headers,
    step_up: stepUp,
    preconditions: [...(template.preconditions ?? []), ...(stepUp ? [stepUpNeeded] : [])],
    learn_more: `${publicUrl}/docs#${operation}`,
  };
}

/** What is told of an optional field makes it one of those that are to be said. */
function fieldsOf({ body, told = {} }: ActionTemplate) {
  if (body === undefined) return { required: null, optional: [] };
  const must = new Set([...((body.required ?? []) as readonly string[]), ...Object.keys(told)]);
  const names = Object.keys(body.properties);
  const required = names
    .filter((name) => must.has(name))
    .map((name): [string, Field] => [name, { ...body.properties[name], ...told[name] }]);
  return { required: Object.fromEntries(required), optional: names.filter((name) => !must.has(name)) };
}

/** For whoever has a key: who it speaks for, and what it may do. */
export function whoamiAction(publicUrl: string, key: Header): ActionView {
  return showAction(publicUrl, {
    action: 'whoami',
    why: 'Learn whose key this is and what it may do next',
    method: 'GET',
    path: '/api/v1/whoami',
    operation: 'whoami',
    headers: { Authorization: { prefix: 'Bearer ', ...key } },
  });
}
