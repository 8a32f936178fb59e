// What quotas count, as it is when nobody in this process has counted yet.
import { dispatchesOfTenant, storiesOfTenant } from '../policies/quota.ts';
import type { LookupLoader } from '../sql/registry.ts';
import { loadAtHead, loadParsedAtHead } from './lookup.ts';

/** There is one key, which $2 holds. */
const always = '$2::text is not null';

export const quotaLookups: readonly LookupLoader[] = [
  {
    definition: storiesOfTenant,
    load: loadAtHead(
      'stories_of_tenant',
      `(select count(*) from view.stories s where s.tenant_id = $1 and s.status <> 'deleted' and ${always})`,
    ),
  },
  {
    definition: dispatchesOfTenant,
    load: loadParsedAtHead(
      'dispatches_of_tenant',
      `coalesce((
         select json_agg(json_build_object('dispatch_id', d.dispatch_id,
                  'expires_at', to_char(d.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
           from view.dispatches d
          where d.tenant_id = $1 and d.status = 'active' and d.expires_at > now() and ${always}), '[]')`,
    ),
  },
];
