// Capabilities as the database keeps them: each is granted once and ends once.
import {
  CapabilityConsumed,
  CapabilityGranted,
  CapabilityVoided,
  type Grant,
} from '../events/story-custody-capability.ts';
import { type Story, storyStream } from '../events/story.ts';
import type { InlineView, ViewRow } from '../sql/registry.ts';

const ends: ReadonlyMap<string, string> = new Map([
  [CapabilityConsumed.type, 'consumed'],
  [CapabilityVoided.type, 'voided'],
]);

export const capabilityInline: InlineView<Story> = {
  name: 'capability',
  stream: storyStream,
  project: ({ id, facts }) =>
    facts.flatMap(({ type, data }): ViewRow[] => {
      const status = ends.get(type);
      if (status !== undefined) return [{ id: data['jti'], status }];
      return type === CapabilityGranted.type ? [grantedRow(id, data as unknown as Grant)] : [];
    }),
};

function grantedRow(story_id: string, { jti, act, dispatch_id, token_hash, expires_at }: Grant): ViewRow {
  return { id: jti, story_id, act, dispatch_id, token_hash, expires_at, status: 'granted' };
}
