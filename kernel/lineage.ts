// Lineage: the dispatches from a root to an actor's own. It tells who may vouch for whose work.
import { Type } from 'typebox';
import type { Actor } from './actor.ts';
import { canonicalJson } from './canonical.ts';
import { digestOf } from './digest.ts';
import type { StreamRef } from './event.ts';
import { Id } from './shape.ts';

export const maxLineage = 16;

export const Lineage = Type.Array(Id, {
  minItems: 1,
  maxItems: maxLineage,
  description: 'Dispatches from the root to this one',
});

/** Whoever has no lineage could be anybody, and so counts as everybody. */
export function sameActor(one: readonly string[], other: readonly string[]): boolean {
  if (one.length === 0 || other.length === 0) return true;
  return one.some((dispatch) => other.includes(dispatch));
}

/** Who was sent for one story acts on that story and sends others for it, and on nothing else. */
export function mayTouch({ story_id }: Actor, subject: StreamRef): boolean {
  if (story_id === undefined || subject.type === 'dispatch') return true;
  return subject.type === 'story' && subject.id === story_id;
}

/** What a capability names its holder by. */
export function lineageHash(lineage: readonly string[]): string {
  return digestOf(canonicalJson(lineage));
}
