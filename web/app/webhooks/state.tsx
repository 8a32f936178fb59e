// How a webhook stands, in a word and a sentence.
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { type Response, send, type Webhook, type WebhookHealth } from '../api/client.ts';
import { Badge } from '../part/badge.tsx';
import { Time } from '../part/time.tsx';

const operation = 'GET /api/v1/webhooks/health';
const againMs = 5_000;

/** It changes with every delivery and is no event, so it is asked for again and again. */
export function useHealth(): UseQueryResult<Response<typeof operation>> {
  return useQuery({ queryKey: [operation], queryFn: () => send(operation, {}), refetchInterval: againMs });
}

interface Props {
  readonly webhook: Webhook;
  readonly health: WebhookHealth | undefined;
}

export function StateBadge({ webhook, health }: Props) {
  if (webhook.status === 'disabled') {
    return <Badge kind={webhook.disabled_by === 'operator' ? 'still' : 'bad'} word="disabled" />;
  }
  if (health?.breaker === 'open') return <Badge kind="warn" word="breaker open" />;
  if (health?.breaker === 'probing') return <Badge kind="info" word="probing" />;
  return <Badge kind="ok" word="active" />;
}

const disabledWhy = {
  operator: 'Somebody of yours disabled it.',
  gone: 'It answered 410 Gone.',
  failing: 'It took nothing for five days.',
} as const;

export function StateReason({ webhook, health }: Props) {
  if (webhook.status === 'disabled') {
    return <>{disabledWhy[webhook.disabled_by ?? 'operator']} What happens meanwhile is held.</>;
  }
  if (health === undefined || health.breaker === 'closed') return <>Events are sent as they are committed.</>;
  const failures = `${health.failures_in_row} failures in a row.`;
  if (health.breaker === 'probing') return <>{failures} The next delivery finds out whether it is back.</>;
  return (
    <>
      {failures} Nothing is sent until the probe at <Time at={health.probe_at} seconds />.
    </>
  );
}

const disabledBy = { operator: 'by an operator', gone: 'it answered 410', failing: 'failing for 5 days' } as const;

/** For lists; nothing for what needs no reason. */
export function ShortReason({ webhook, health }: Props) {
  if (webhook.status === 'disabled') return <div className="soft">{disabledBy[webhook.disabled_by ?? 'operator']}</div>;
  if (health?.breaker !== 'open') return null;
  return <div className="soft">{health.failures_in_row} failures in a row</div>;
}

export function RecentDeliveries({ health }: { readonly health: WebhookHealth | undefined }) {
  if (health === undefined) return <span className="soft">–</span>;
  const { delivered, failed, held, pending } = health.recent;
  const ended = delivered + failed;
  const others = [
    [pending, 'pending'],
    [held, 'held'],
  ].filter(([count]) => count !== 0);
  if (ended === 0 && others.length === 0) return <span className="soft">none yet</span>;
  return (
    <>
      {ended === 0 ? null : `${Math.floor((delivered / ended) * 100)} % of ${ended} taken`}{' '}
      <span className="soft">{others.map(([count, word]) => `${count} ${word}`).join(', ')}</span>
    </>
  );
}

export function eventTypesText({ event_types }: Webhook): string {
  return event_types.includes('*') ? 'all' : event_types.join(', ');
}
