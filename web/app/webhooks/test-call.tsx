// A test call, and what came of it.
import { useEffect, useState } from 'react';
import { send, type TriedDelivery, type Webhook } from '../api/client.ts';
import { readAgain } from '../api/list.ts';
import { useAct } from '../part/act.ts';
import { Badge } from '../part/badge.tsx';
import { Button } from '../part/button.tsx';
import { Dialog } from '../part/dialog.tsx';
import { Failure } from '../part/failure.tsx';
import { Skeleton } from '../part/skeleton.tsx';
import { AttemptReport, Outcome } from './attempt.tsx';

export function TestCall({ webhook, onClose }: { readonly webhook: Webhook; readonly onClose: () => void }) {
  const { busy, error, run } = useAct();
  const [sent, setSent] = useState<TriedDelivery | null>(null);
  const again = () =>
    run(async () => {
      setSent(null);
      setSent(await send('POST /api/v1/webhooks/{webhook_id}/test', { params: { webhook_id: webhook.id } }));
      await readAgain('GET /api/v1/webhooks/{webhook_id}/deliveries', 'GET /api/v1/webhooks/health');
    });
  const pendingId = sent?.status === 'pending' ? sent.id : null;
  // A worker that is busy takes longer than the answer waits.
  useEffect(() => {
    if (pendingId === null) return undefined;
    const timer = setInterval(() => {
      const params = { webhook_id: webhook.id, delivery_id: pendingId };
      send('GET /api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}', { params }).then(setSent, () => undefined);
    }, 1_000);
    return () => clearInterval(timer);
  }, [pendingId, webhook.id]);
  return (
    <Dialog
      title="Send a test"
      wide
      onClose={onClose}
      onSubmit={() => void again()}
      acts={
        <>
          <Button kind="quiet" onPress={onClose}>
            Close
          </Button>
          <Button kind="main" submit busy={busy}>
            {sent === null && error === null ? 'Send a test' : 'Send another test'}
          </Button>
        </>
      }
    >
      <p>
        An event of the type <code>webhook.test</code>, signed like every other, goes to <code>{webhook.url}</code>{' '}
        once. It counts neither for nor against the webhook.
      </p>
      {error === null ? null : <Failure error={error} />}
      {busy ? <Skeleton label="Sending" /> : null}
      {sent === null ? null : <Result sent={sent} />}
    </Dialog>
  );
}

function Result({ sent }: { readonly sent: TriedDelivery }) {
  const attempt = sent.log.at(-1);
  if (attempt === undefined) {
    return (
      <p className="line" role="status">
        <Badge kind="info" word="pending" /> It waits for a worker.
      </p>
    );
  }
  return (
    <>
      <p className="line" role="status">
        <Outcome attempt={attempt} />
      </p>
      <AttemptReport attempt={attempt} />
    </>
  );
}
