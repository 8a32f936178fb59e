// All attempts of a delivery, the last one open.
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { type Delivery, send } from '../api/client.ts';
import { readAgain } from '../api/list.ts';
import { Failure } from '../part/failure.tsx';
import { Skeleton } from '../part/skeleton.tsx';
import { AttemptReport, milliseconds, Outcome } from './attempt.tsx';

const operation = 'GET /api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}';
const againMs = 1_500;

export function DeliveryLog({ delivery: { id, webhook_id, status, attempts } }: { readonly delivery: Delivery }) {
  const { data, error, refetch } = useQuery({
    queryKey: [operation, id],
    queryFn: () => send(operation, { params: { webhook_id, delivery_id: id } }),
    // Something may happen any moment.
    refetchInterval: ({ state }) => (state.data?.status === 'pending' ? againMs : false),
  });
  const isOther = data !== undefined && (data.status !== status || data.attempts !== attempts);
  useEffect(() => {
    if (isOther) void readAgain('GET /api/v1/webhooks/{webhook_id}/deliveries');
  }, [isOther]);
  if (data === undefined && error !== null) return <Failure error={error} retry={refetch} />;
  if (data === undefined) return <Skeleton label="Loading: attempts" />;
  const [last, ...earlier] = data.log.toReversed();
  if (last === undefined) return <p className="soft attempts">It was not tried yet.</p>;
  return (
    <section className="attempts" aria-label="Attempts">
      {[last, ...earlier].map((attempt) => (
        <details key={attempt.attempt} open={attempt === last}>
          <summary>
            <span>Attempt {attempt.attempt}</span> <Outcome attempt={attempt} />{' '}
            <span className="soft">{milliseconds(attempt.timings.total_ms)}</span>
          </summary>
          <AttemptReport attempt={attempt} />
        </details>
      ))}
      <p className="soft">
        Delivery <code>{id}</code>: the <code>webhook-id</code> of every attempt.
      </p>
    </section>
  );
}
