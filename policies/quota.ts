// How much of something a tenant may have at a time: said by the platform, and never by the tenant.
import type { LookupDefinition, World } from '../kernel/command.ts';
import { defineRefusals } from '../kernel/refusal.ts';
import { addSeconds } from '../kernel/timestamp.ts';
import { type Dispatch, DispatchCreated, DispatchRevoked } from '../events/dispatch.ts';
import { StoryCreated, StoryDeleted } from '../events/story.ts';
import { type HeldQuotas, noQuotas, tenantStream } from '../events/tenant.ts';

export const quotaRefusals = defineRefusals({
  story_quota_reached: {
    kind: 'conflict',
    title: 'The tenant has as many stories as it may have',
    remedy: 'Delete stories that nobody needs, or ask the operator of the platform for more.',
  },
  dispatch_quota_reached: {
    kind: 'conflict',
    title: 'The tenant has as many active dispatches as it may have',
    remedy: 'Revoke a dispatch or wait for the end of one, or ask the operator of the platform for more.',
  },
});

const wholeTenant = 'tenant';

/** Stories that are not deleted, in all projects. */
export const storiesOfTenant: LookupDefinition<number> = {
  name: 'stories-of-tenant',
  keyOf: ({ type }) => (type === StoryCreated.type || type === StoryDeleted.type ? wholeTenant : null),
  fold: (count, { type }) => (type === StoryCreated.type ? count + 1 : count - 1),
};

export interface HeldDispatch {
  readonly dispatch_id: string;
  readonly expires_at: string;
}

/** No dispatch lives longer. */
const longestLifeS = 14_400;

/** Dispatches that were not revoked; those that were over before another was created are forgotten with it. */
export const dispatchesOfTenant: LookupDefinition<readonly HeldDispatch[]> = {
  name: 'dispatches-of-tenant',
  keyOf: ({ type }) => (type === DispatchCreated.type || type === DispatchRevoked.type ? wholeTenant : null),
  fold(held, { type, stream, data }) {
    if (type === DispatchRevoked.type) return held.filter(({ dispatch_id }) => dispatch_id !== stream.id);
    const { expires_at } = data as unknown as Dispatch;
    const surelyOver = addSeconds(expires_at, -longestLifeS);
    const kept = held.filter((dispatch) => dispatch.expires_at > surelyOver);
    return [...kept, { dispatch_id: stream.id, expires_at }];
  },
};

function quotasOf(world: World): HeldQuotas {
  return world.find(tenantStream, world.tenantId)?.state.quotas ?? noQuotas;
}

export function requireStoryQuota(world: World): void {
  const { max_stories: most } = quotasOf(world);
  if (most === null || world.lookup(storiesOfTenant, wholeTenant) < most) return;
  throw quotaRefusals.refuse('story_quota_reached', `The tenant may have ${most} stories.`);
}

export function requireDispatchQuota(world: World): void {
  const { max_dispatches: most } = quotasOf(world);
  if (most === null) return;
  const active = world.lookup(dispatchesOfTenant, wholeTenant).filter(({ expires_at }) => expires_at > world.now);
  if (active.length < most) return;
  throw quotaRefusals.refuse('dispatch_quota_reached', `The tenant may have ${most} active dispatches.`);
}
