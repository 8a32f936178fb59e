// Endpoints that are sent events: all of them, or the one in the address.
import { useAddress } from '../part/address.ts';
import { OneWebhook } from '../webhooks/one-webhook.tsx';
import { WebhookList } from '../webhooks/webhook-list.tsx';

export default function Webhooks() {
  const address = useAddress();
  const id = address.read('webhook');
  return (
    <>
      <h1>Webhooks</h1>
      {id === undefined ? (
        <div className="settings">
          <WebhookList />
        </div>
      ) : (
        <OneWebhook key={id} id={id} address={address} />
      )}
    </>
  );
}
