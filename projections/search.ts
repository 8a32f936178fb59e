// Full-text search over projects, epics and stories: a projection that follows the log, and the query on it.
import { type Static, Type } from 'typebox';
import { Id, Name } from '../kernel/shape.ts';
import { epicStream } from '../events/epic.ts';
import { projectStream } from '../events/project.ts';
import { storyStream } from '../events/story.ts';
import type { Database } from '../sql/database.ts';
import type { InlineView, ViewRow } from '../sql/registry.ts';
import { statement } from '../sql/statement.ts';
import type { AsyncProjection } from './checkpoint.ts';

export const SearchKind = Type.Enum(['project', 'epic', 'story']);
export type SearchKind = Static<typeof SearchKind>;

export const SearchHit = Type.Object(
  {
    kind: SearchKind,
    id: Id,
    project_id: Id,
    number: Type.Union([Type.String({ maxLength: 27 }), Type.Null()], { description: '3 of an epic, 3.1 of a story' }),
    title: Name,
    snippet: Type.String({ maxLength: 2_000, description: 'Part of the description; words that match stand in `**`' }),
    archived: Type.Boolean(),
  },
  { additionalProperties: false },
);

function searchView<State extends { readonly status: string }>(
  kind: SearchKind,
  stream: InlineView<State>['stream'],
  row: (state: State, id: string) => ViewRow,
): InlineView<State> {
  return {
    name: 'search',
    stream,
    ofState: true,
    project: ({ id, state }) =>
      state.status === 'deleted'
        ? [{ kind, id, gone: true }]
        : [{ kind, id, archived: state.status === 'archived', ...row(state, id) }],
  };
}

export const searchProjection: AsyncProjection = {
  name: 'search',
  views: [
    searchView('project', projectStream, ({ name, description }, id) => ({
      project_id: id,
      number: null,
      title: name,
      description,
    })),
    searchView('epic', epicStream, ({ project_id, number, title, description }) => ({
      project_id,
      number: String(number),
      title,
      description,
    })),
    searchView('story', storyStream, ({ project_id, number, title, description }) => ({
      project_id,
      number,
      title,
      description,
    })),
  ] as readonly InlineView<unknown>[],
};

export interface SearchRequest {
  readonly tenantId: string;
  readonly words: string;
  readonly kind: SearchKind | null;
  readonly projectId: string | null;
  readonly limit: number;
  /** Rank and id of the last hit of the page before. */
  readonly after: readonly (string | number | null)[] | null;
}

export interface Searched {
  readonly items: readonly string[];
  readonly next: readonly string[] | null;
  /** How far the projection has come. */
  readonly position: number;
}

interface HitRow extends Record<string, unknown> {
  readonly position: number;
  readonly kind: string | null;
  readonly id: string;
  readonly project_id: string;
  readonly number: string | null;
  readonly title: string;
  readonly snippet: string;
  readonly archived: boolean;
  readonly rank: string;
}

/** More matches than these are not ranked: whoever finds so many needs another word, not another page. */
const maxRanked = 10_000;

// No index can serve this: under row security an operator that is not leakproof, as that of text search, comes after the
// policy. So it is one look through the documents of the tenant, which the policy itself finds by the key.
const searchStatement = statement(
  'search',
  `with words as materialized (
     select websearch_to_tsquery('simple', $3)::text as text
   ), query as materialized (
     select case when $4 and w.text ~ '''$' and w.text !~ '!''([^'']|'''')+''$' then w.text || ':*' else w.text end::tsquery as query
       from words w
   )
   select coalesce((
            select c.position from view.checkpoints c where c.tenant_id = $1 and c.projection = 'search'), 0) as position,
          hit.kind, hit.document_id as id, hit.project_id, hit.number, hit.title, hit.archived, hit.rank::text as rank,
          ts_headline('simple', hit.description, query.query,
            'StartSel=**, StopSel=**, MaxWords=24, MinWords=12, MaxFragments=1, FragmentDelimiter=" … "') as snippet
     from query
     left join lateral (
       select found.*, ts_rank(found.words, query.query) as rank
         from (
           select * from view.search_documents d
            where d.tenant_id = $1 and numnode(query.query) > 0 and d.words @@ query.query
              and ($5::text is null or d.kind = $5) and ($6::uuid is null or d.project_id = $6)
            limit ${maxRanked}
         ) found
        where $7::real is null or (ts_rank(found.words, query.query), found.document_id) < ($7, $8::uuid)
        order by rank desc, found.document_id desc limit $2
     ) hit on true
    order by hit.rank desc, hit.document_id desc`,
);

export async function search(database: Database, request: SearchRequest): Promise<Searched> {
  const { tenantId, words, kind, projectId, limit, after } = request;
  // While a word is being typed, its beginning finds it.
  const typing = /[\p{L}\p{N}]$/u.test(words);
  const [rank = null, id = null] = after ?? [];
  const rows = await database.read<HitRow>(tenantId, searchStatement, [
    tenantId,
    limit + 1,
    words,
    typing,
    kind,
    projectId,
    rank,
    id,
  ]);
  const [first] = rows;
  const hits = rows.filter((row) => row.kind !== null);
  const shown = hits.slice(0, limit);
  const last = hits.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map(hitText),
    next: last === undefined ? null : [last.rank, last.id],
    position: first?.position ?? 0,
  };
}

function hitText({ kind, id, project_id, number, title, snippet, archived }: HitRow): string {
  return JSON.stringify({ kind, id, project_id, number, title, snippet, archived });
}
