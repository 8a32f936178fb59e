// Sends many deliveries again. How many they are is counted first, and what is counted is what is sent.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type Delivery, type Response, send } from '../api/client.ts';
import { readAgain } from '../api/list.ts';
import { useAct } from '../part/act.ts';
import { Button } from '../part/button.tsx';
import { Dialog } from '../part/dialog.tsx';
import { Failure } from '../part/failure.tsx';
import { TextField } from '../part/field.tsx';

type Status = Delivery['status'];

const operation = 'POST /api/v1/webhooks/{webhook_id}/recover';
const choices = [
  ['failed', 'failed: given up'],
  ['held', 'held: while the webhook was disabled'],
  ['delivered', 'delivered: the receiver took them already'],
] as const;
const mostAtOnce = 10_000;

interface Props {
  readonly webhookId: string;
  readonly onClose: () => void;
}

export function Recover({ webhookId, onClose }: Props) {
  const act = useAct();
  const [statuses, setStatuses] = useState<readonly Status[]>(['failed', 'held']);
  const [since, setSince] = useState('');
  const [until, setUntil] = useState('');
  const [sent, setSent] = useState<Response<typeof operation> | null>(null);
  const asked = {
    status: [...statuses],
    ...(since === '' ? {} : { since: instantOf(since) }),
    ...(until === '' ? {} : { until: instantOf(until) }),
  };
  const params = { webhook_id: webhookId };
  const { data, error } = useQuery({
    queryKey: [operation, webhookId, asked],
    queryFn: () => send(operation, { params, body: { ...asked, dry_run: true } }),
    enabled: statuses.length > 0 && sent === null,
    staleTime: 0,
  });
  const count = statuses.length === 0 ? 0 : data?.count;
  const recover = () =>
    act.run(async () => {
      if (count === undefined || count === 0) return;
      setSent(await send(operation, { params, body: asked }));
      await readAgain('GET /api/v1/webhooks/{webhook_id}/deliveries', 'GET /api/v1/webhooks/health');
    });
  if (sent !== null) return <Done count={sent.count} onClose={onClose} />;
  return (
    <Dialog
      title="Send deliveries again"
      onClose={onClose}
      onSubmit={() => void recover()}
      acts={
        <>
          <Button kind="quiet" onPress={onClose}>
            Cancel
          </Button>
          <Button kind="main" submit busy={act.busy || count === undefined || count === 0}>
            {count === undefined || count === 0 ? 'Send again' : `Send ${count.toLocaleString('en')} again`}
          </Button>
        </>
      }
    >
      <Statuses chosen={statuses} onChosen={setStatuses} />
      <TextField
        label="Made since"
        hint="Empty: from the first"
        type="datetime-local"
        value={since}
        onValue={setSince}
      />
      <TextField label="Made before" hint="Empty: to the last" type="datetime-local" value={until} onValue={setUntil} />
      <p role="status">{countText(count)}</p>
      {error === null ? null : <Failure error={error} />}
      {act.error === null ? null : <Failure error={act.error} />}
    </Dialog>
  );
}

interface StatusesProps {
  readonly chosen: readonly Status[];
  readonly onChosen: (chosen: readonly Status[]) => void;
}

function Statuses({ chosen, onChosen }: StatusesProps) {
  return (
    <fieldset className="checks">
      <legend>Which</legend>
      {choices.map(([status, text]) => (
        <label key={status} className="check">
          <input
            type="checkbox"
            checked={chosen.includes(status)}
            onChange={({ target }) =>
              onChosen(target.checked ? [...chosen, status] : chosen.filter((one) => one !== status))
            }
          />
          {text}
        </label>
      ))}
    </fieldset>
  );
}

function countText(count: number | undefined): string {
  if (count === undefined) return 'Counting …';
  if (count === 0) return 'None match.';
  const number = count.toLocaleString('en');
  if (count >= mostAtOnce) return `${number} are sent again at once; repeat it for the rest.`;
  return `${number} ${count === 1 ? 'delivery' : 'deliveries'} will be sent again, each under the id that it has.`;
}

function Done({ count, onClose }: { readonly count: number; readonly onClose: () => void }) {
  return (
    <Dialog
      title="Send deliveries again"
      onClose={onClose}
      acts={
        <Button kind="main" onPress={onClose}>
          Close
        </Button>
      }
    >
      <p role="status">
        {count.toLocaleString('en')} {count === 1 ? 'delivery is' : 'deliveries are'} on the way.
      </p>
    </Dialog>
  );
}

/** What the field holds is a time of the clock on the wall. */
function instantOf(text: string): string {
  return new Date(text).toISOString();
}
