// One webhook: how it stands, what can be done with it, and its deliveries.
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { send, type Webhook } from '../api/client.ts';
import { useList } from '../api/list.ts';
import type { Address } from '../part/address.ts';
import { Failure } from '../part/failure.tsx';
import { Section } from '../part/section.tsx';
import { Skeleton } from '../part/skeleton.tsx';
import { Time } from '../part/time.tsx';
import { Deliveries } from './deliveries.tsx';
import { eventTypesText, RecentDeliveries, StateBadge, StateReason, useHealth } from './state.tsx';
import { WebhookActs } from './webhook-acts.tsx';

const operation = 'GET /api/v1/webhooks/{webhook_id}';

export function OneWebhook({ id, address }: { readonly id: string; readonly address: Address }) {
  const { data, error, refetch } = useQuery({
    queryKey: [operation, id],
    queryFn: () => send(operation, { params: { webhook_id: id } }),
  });
  return (
    <>
      <p>
        <Link to="/webhooks" search={{}}>
          ← All webhooks
        </Link>
      </p>
      {data === undefined && error !== null ? <Failure error={error} retry={refetch} /> : null}
      {data === undefined && error === null ? <Skeleton label="Loading: the webhook" /> : null}
      {data === undefined ? null : (
        <div className="settings">
          <Standing webhook={data} />
          <Deliveries webhookId={id} isActive={data.status === 'active'} address={address} />
        </div>
      )}
    </>
  );
}

function Standing({ webhook }: { readonly webhook: Webhook }) {
  const health = useHealth().data?.data.find(({ webhook_id }) => webhook_id === webhook.id);
  const projects = useList('GET /api/v1/projects').items;
  const { project_id, description, ordering, former_secret_until, created_at } = webhook;
  const project = projects?.find(({ id }) => id === project_id)?.name ?? project_id;
  const failingSince = health?.failing_since ?? null;
  return (
    <Section id="webhook" title={webhook.url} text={description} acts={<WebhookActs webhook={webhook} />}>
      <div className="panel-body stack">
        <div className="line">
          <StateBadge webhook={webhook} health={health} />
          <span className="soft">
            <StateReason webhook={webhook} health={health} />
          </span>
        </div>
        <dl className="facts">
          <Fact name="Events">
            <code>{eventTypesText(webhook)}</code>
          </Fact>
          <Fact name="Project">{project ?? 'all'}</Fact>
          <Fact name="Order">{ordering === 'none' ? 'as it comes' : 'object by object'}</Fact>
          <Fact name="Recent deliveries">
            <RecentDeliveries health={health} />
          </Fact>
          {failingSince === null ? null : (
            <Fact name="Failing since">
              <Time at={failingSince} seconds />
            </Fact>
          )}
          {former_secret_until === null ? null : (
            <Fact name="Two signatures until">
              <Time at={former_secret_until} />
            </Fact>
          )}
          <Fact name="Created">
            <Time at={created_at} />
          </Fact>
          <Fact name="Id">
            <code>{webhook.id}</code>
          </Fact>
        </dl>
      </div>
    </Section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
