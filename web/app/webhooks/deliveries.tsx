// What was and is to be sent to a webhook, the newest first, filtered by what became of it.
import { Fragment } from 'react';
import { type Delivery, send } from '../api/client.ts';
import { readAgain, useList } from '../api/list.ts';
import type { Address } from '../part/address.ts';
import { StatusBadge } from '../part/badge.tsx';
import { Button } from '../part/button.tsx';
import { ChoiceField } from '../part/field.tsx';
import { useEventTypes } from '../part/types-field.tsx';
import { ListTable, Section } from '../part/section.tsx';
import { Time } from '../part/time.tsx';
import { DeliveryLog } from './delivery-log.tsx';

const deliveries = 'GET /api/v1/webhooks/{webhook_id}/deliveries';

interface Props {
  readonly webhookId: string;
  readonly isActive: boolean;
  readonly address: Address;
}

export function Deliveries({ webhookId, isActive, address }: Props) {
  const status = address.read('status');
  const event_type = address.read('type');
  const opened = address.read('delivery');
  const params = { webhook_id: webhookId };
  const list = useList(deliveries, { order: 'newest', status, event_type }, params);
  const toggle = (id: string) => address.write({ delivery: opened === id ? undefined : id });
  const replay = async ({ id }: Delivery) => {
    await send('POST /api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay', {
      params: { ...params, delivery_id: id },
    });
    await address.write({ delivery: id });
    await readAgain(deliveries, 'GET /api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}');
  };
  return (
    <Section
      id="deliveries"
      title="Deliveries"
      text="The newest first. A delivery that is not taken is tried again for about three days, then it has failed."
      acts={
        <Button small onPress={() => readAgain(deliveries)}>
          Refresh
        </Button>
      }
    >
      <DeliveryFilters address={address} />
      <ListTable
        list={list}
        caption="Deliveries"
        columns={['Event', 'Position', 'State', 'Attempts', 'Made', 'Then', 'Acts']}
        empty={
          <p>
            {status === undefined && event_type === undefined ? 'Nothing was to be sent yet.' : 'No delivery matches.'}
          </p>
        }
        row={(delivery) => (
          <Fragment key={delivery.id}>
            <DeliveryRow
              delivery={delivery}
              isOpen={opened === delivery.id}
              canReplay={isActive && delivery.position !== null}
              onToggle={() => toggle(delivery.id)}
              onReplay={() => replay(delivery)}
            />
            {opened === delivery.id ? (
              <tr className="detail">
                <td colSpan={7}>
                  <DeliveryLog delivery={delivery} />
                </td>
              </tr>
            ) : null}
          </Fragment>
        )}
      />
    </Section>
  );
}

function DeliveryFilters({ address: { read, write } }: { readonly address: Address }) {
  return (
    <div className="filters">
      <ChoiceField
        label="State"
        value={read('status') ?? ''}
        onValue={(value) => void write({ status: value === '' ? undefined : value, delivery: undefined })}
        choices={[
          ['', 'All states'],
          ['delivered', 'delivered'],
          ['pending', 'pending'],
          ['failed', 'failed'],
          ['held', 'held'],
        ]}
      />
      <ChoiceField
        label="Event"
        value={read('type') ?? ''}
        onValue={(value) => void write({ type: value === '' ? undefined : value, delivery: undefined })}
        choices={[['', 'All types']]}
        groups={useEventTypes()}
      />
    </div>
  );
}

interface RowProps {
  readonly delivery: Delivery;
  readonly isOpen: boolean;
  readonly canReplay: boolean;
  readonly onToggle: () => Promise<void>;
  readonly onReplay: () => Promise<void>;
}

function DeliveryRow({ delivery, isOpen, canReplay, onToggle, onReplay }: RowProps) {
  const { event_type, position, status, attempts, created_at, due_at, ended_at } = delivery;
  const name = `${event_type}${position === null ? '' : ` at ${position}`}`;
  return (
    <tr className={isOpen ? 'opened' : ''}>
      <th scope="row">
        <button
          type="button"
          className="row-act"
          aria-expanded={isOpen}
          aria-label={name}
          onClick={() => void onToggle()}
        >
          <code>{event_type}</code>
        </button>
      </th>
      <td className="number">{position ?? '–'}</td>
      <td>
        <StatusBadge status={status} />
      </td>
      <td className="number">{attempts}</td>
      <td>
        <Time at={created_at} seconds />
      </td>
      <td>
        <span className="soft">{ended_at === null ? 'next' : 'ended'}</span> <Time at={due_at ?? ended_at} seconds />
      </td>
      <td className="acts">
        {canReplay ? (
          <Button kind="quiet" small label={`Send again: ${name}`} onPress={onReplay}>
            Send again
          </Button>
        ) : null}
      </td>
    </tr>
  );
}
