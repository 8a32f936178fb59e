// What accepted work took, and what follows from it for the tenant.
import { StoryVerified } from '../events/story-custody.ts';
import { type Story, storyStream } from '../events/story.ts';
import { levelsOf, measures, signalBaseline } from '../policies/signal.ts';
import type { InlineView, LookupLoader, ViewRow } from '../sql/registry.ts';
import { loadParsedAtHead } from './lookup.ts';

export const signalInline: InlineView<Story> = {
  name: 'signal',
  stream: storyStream,
  project: ({ id, facts }) =>
    facts.flatMap(({ type, version, data }): ViewRow[] => {
      const { took } = data as { readonly took?: Parameters<typeof levelsOf>[0] };
      return type === StoryVerified.type && took !== undefined ? [{ id, version, ...levelsOf(took) }] : [];
    }),
};

const usual = measures.map(
  (measure) =>
    `'${measure}', json_build_object('count', count(s.${measure}), 'sum', coalesce(sum(s.${measure}), 0),
       'squares', coalesce(sum(s.${measure}::bigint * s.${measure}), 0))`,
);

export const signalLookups: readonly LookupLoader[] = [
  {
    definition: signalBaseline,
    // There is one key, which $2 holds.
    load: loadParsedAtHead(
      'signal_baseline',
      `(select json_build_object(${usual.join(', ')}) from view.signals s where s.tenant_id = $1 and $2::text is not null)`,
    ),
  },
];
