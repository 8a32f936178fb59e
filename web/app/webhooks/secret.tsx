// The secret of a webhook, when it is made and when it is rotated.
import type { Response } from '../api/client.ts';
import { ShownOnce } from '../part/once.tsx';

export type Made = Response<'POST /api/v1/webhooks'>;

const publicPrefix = 'whpk_';
const publicMeaning =
  'The receiver checks signatures with it. It is no secret, but it is shown here alone; the key that signs stays with the server.';
const meaning =
  'Store it where the receiver checks signatures. The server keeps it sealed, to sign with, and shows it to nobody again.';

export function SecretOnce({ made, onClose }: { readonly made: Made; readonly onClose: () => void }) {
  const isPublic = made.secret.startsWith(publicPrefix);
  return (
    <ShownOnce
      title={isPublic ? 'The public key of the webhook' : 'The secret of the webhook'}
      name={isPublic ? 'the key' : 'the secret'}
      secret={made.secret}
      meaning={isPublic ? publicMeaning : meaning}
      onClose={onClose}
    >
      <p className="soft">
        Deliveries follow Standard Webhooks: the signature is in <code>webhook-signature</code>, over{' '}
        <code>webhook-id</code>, <code>webhook-timestamp</code> and the body.
      </p>
    </ShownOnce>
  );
}
