// All webhooks of the tenant.
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useList } from '../api/list.ts';
import { Button } from '../part/button.tsx';
import { ListTable, Section } from '../part/section.tsx';
import { eventTypesText, RecentDeliveries, ShortReason, StateBadge, useHealth } from './state.tsx';
import { NewWebhook } from './webhook-form.tsx';
import { type Made, SecretOnce } from './secret.tsx';

export function WebhookList() {
  const list = useList('GET /api/v1/webhooks');
  const health = new Map(useHealth().data?.data.map((one) => [one.webhook_id, one]));
  const [open, setOpen] = useState<'new' | Made | null>(null);
  return (
    <Section
      id="webhooks"
      title="Endpoints"
      text="Each event that an endpoint asked for is sent to it, signed and at least once."
      acts={
        <Button small onPress={() => setOpen('new')}>
          Create a webhook
        </Button>
      }
    >
      <ListTable
        list={list}
        caption="Webhooks"
        columns={['Address', 'State', 'Events', 'Recent deliveries']}
        empty={<NoWebhooks />}
        row={(webhook) => (
          <tr key={webhook.id}>
            <th scope="row" className="address">
              <Link to="/webhooks" search={{ webhook: webhook.id }}>
                {webhook.url}
              </Link>
              {webhook.description === '' ? null : <div className="soft">{webhook.description}</div>}
            </th>
            <td>
              <StateBadge webhook={webhook} health={health.get(webhook.id)} />
              <ShortReason webhook={webhook} health={health.get(webhook.id)} />
            </td>
            <td className="address">
              <code>{eventTypesText(webhook)}</code>
            </td>
            <td>
              <RecentDeliveries health={health.get(webhook.id)} />
            </td>
          </tr>
        )}
      />
      {open === 'new' ? <NewWebhook onClose={() => setOpen(null)} onMade={setOpen} /> : null}
      {open !== null && open !== 'new' ? <SecretOnce made={open} onClose={() => setOpen(null)} /> : null}
    </Section>
  );
}

function NoWebhooks() {
  return (
    <>
      <p>Nothing is sent anywhere yet. Create a webhook here, or with a key of the role user:</p>
      <code className="command" tabIndex={0}>
        {`curl -s ${location.origin}/api/v1/webhooks -H "Authorization: Bearer $KEY" \\\n  -H 'Content-Type: application/json' -d '{"url": "https://…", "event_types": ["story.*"]}'`}
      </code>
    </>
  );
}
