// The secret of a webhook, when it is made and when it is rotated.
import type { Response } from '../api/client.ts';
import { ShownOnce } from '../part/once.tsx';

export type Made = Response<'POST /api/v1/webhooks'>;

const meaning =
  'Store it where the receiver checks signatures. The server keeps it sealed, to sign with, and shows it to nobody again.';

export function SecretOnce({ made, onClose }: { readonly made: Made; readonly onClose: () => void }) {
  return (
    <ShownOnce
      title="The secret of the webhook"
      name="the secret"
      secret={made.secret}
      meaning={meaning}
      onClose={onClose}
    >
      <p className="soft">
        Deliveries follow Standard Webhooks: the signature is in <code>webhook-signature</code>, over{' '}
        <code>webhook-id</code>, <code>webhook-timestamp</code> and the body.
      </p>
    </ShownOnce>
  );
}
