// Lists: what every list accepts and how every list answers.
import { type Static, type TProperties, type TSchema, Type } from 'typebox';

export const pageLimit = { default: 50, maximum: 200 } as const;

const pageProperties = {
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: pageLimit.maximum, default: pageLimit.default, description: 'Items a page' }),
  ),
  cursor: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 1024,
      description: '`next_cursor` of the page before; bound to the same filters',
    }),
  ),
  count: Type.Optional(Type.Enum(['exact'], { description: 'Adds `total`' })),
};

/** The query string of a list: its filters beside limit, cursor and count. */
export function pageQuery<Filters extends TProperties>(filters: Filters) {
  return Type.Object({ ...filters, ...pageProperties }, { additionalProperties: false });
}

const PageQuery = pageQuery({});
export type PageQuery = Static<typeof PageQuery>;

/** One shape for every list. Following the feed from `changes_cursor` continues the list without a gap. */
export function listOf<Item extends TSchema>(item: Item) {
  return Type.Object(
    {
      data: Type.Array(item, { maxItems: pageLimit.maximum }),
      next_cursor: Type.Union([Type.String({ maxLength: 1024 }), Type.Null()]),
      changes_cursor: Type.String({ maxLength: 1024 }),
      total: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
    },
    { additionalProperties: false },
  );
}
