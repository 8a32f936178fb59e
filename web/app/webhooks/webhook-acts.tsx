// What can be done with one webhook.
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useRef, useState } from 'react';
import { send, type Webhook } from '../api/client.ts';
import { readAgain } from '../api/list.ts';
import { Button } from '../part/button.tsx';
import { Confirm } from '../part/confirm.tsx';
import { ChoiceField } from '../part/field.tsx';
import { Recover } from './recover.tsx';
import { type Made, SecretOnce } from './secret.tsx';
import { type Signature, SignatureField } from './signature-field.tsx';
import { TestCall } from './test-call.tsx';
import { EditWebhook } from './webhook-form.tsx';

type Open = 'test' | 'recover' | 'edit' | 'rotate' | 'disable' | 'enable' | 'delete' | Made | null;

const reads = ['GET /api/v1/webhooks', 'GET /api/v1/webhooks/{webhook_id}', 'GET /api/v1/webhooks/health'] as const;

export function WebhookActs({ webhook }: { readonly webhook: Webhook }) {
  const [open, setOpen] = useState<Open>(null);
  const act = (name: Extract<Open, string>, text: string) => (
    <Button small onPress={() => setOpen(name)}>
      {text}
    </Button>
  );
  const isActive = webhook.status === 'active';
  return (
    <>
      {isActive ? act('test', 'Send a test …') : act('enable', 'Enable …')}
      {isActive ? act('recover', 'Send again …') : null}
      {act('edit', 'Edit …')}
      {act('rotate', 'Rotate …')}
      {isActive ? act('disable', 'Disable …') : null}
      {act('delete', 'Delete …')}
      <Opened webhook={webhook} open={open} onOpen={setOpen} />
    </>
  );
}

interface OpenedProps {
  readonly webhook: Webhook;
  readonly open: Open;
  readonly onOpen: (open: Open) => void;
}

function Opened({ webhook, open, onOpen }: OpenedProps): ReactNode {
  const close = () => onOpen(null);
  switch (open) {
    case null:
      return null;
    case 'test':
      return <TestCall webhook={webhook} onClose={close} />;
    case 'recover':
      return <Recover webhookId={webhook.id} onClose={close} />;
    case 'edit':
      return <EditWebhook webhook={webhook} onClose={close} />;
    case 'rotate':
      return <Rotate webhook={webhook} onClose={close} onMade={onOpen} />;
    case 'disable':
      return <Disable webhook={webhook} onClose={close} />;
    case 'enable':
      return <Enable webhook={webhook} onClose={close} />;
    case 'delete':
      return <Delete webhook={webhook} onClose={close} />;
    default:
      return <SecretOnce made={open} onClose={close} />;
  }
}

interface Props {
  readonly webhook: Webhook;
  readonly onClose: () => void;
}

function Rotate({ webhook, onClose, onMade }: Props & { readonly onMade: (made: Made) => void }) {
  const [grace, setGrace] = useState('86400');
  const [signature, setSignature] = useState<Signature>('v1');
  const made = useRef<Made | null>(null);
  return (
    <Confirm
      title="Rotate the secret?"
      verb="Rotate"
      onClose={onClose}
      onDone={() => made.current !== null && onMade(made.current)}
      run={async () => {
        const params = { webhook_id: webhook.id };
        const body = { grace_seconds: Number(grace), signature };
        made.current = await send('POST /api/v1/webhooks/{webhook_id}/rotate', { params, body });
        await readAgain(...reads);
      }}
    >
      <p>Deliveries are signed with another secret at once. Until the overlap ends they carry both signatures.</p>
      <ChoiceField
        label="The former secret signs as well for"
        hint="Long enough to bring the new one to the receiver"
        value={grace}
        onValue={setGrace}
        choices={[
          ['0', 'no time: it is out at once'],
          ['3600', '1 hour'],
          ['86400', '1 day'],
          ['604800', '7 days'],
        ]}
      />
      <SignatureField value={signature} onValue={setSignature} />
    </Confirm>
  );
}

function Disable({ webhook, onClose }: Props) {
  return (
    <Confirm
      title="Disable the webhook?"
      verb="Disable"
      onClose={onClose}
      run={async () => {
        await send('POST /api/v1/webhooks/{webhook_id}/disable', { params: { webhook_id: webhook.id } });
        await readAgain(...reads);
      }}
    >
      <p>Nothing more is sent to it. What happens meanwhile is held, and can be sent when it is enabled again.</p>
    </Confirm>
  );
}

function Enable({ webhook, onClose }: Props) {
  return (
    <Confirm
      title="Enable the webhook?"
      verb="Enable"
      onClose={onClose}
      run={async () => {
        await send('POST /api/v1/webhooks/{webhook_id}/enable', { params: { webhook_id: webhook.id } });
        await readAgain(...reads);
      }}
    >
      <p>It gets events from now on. What was held stays held until you send it again.</p>
    </Confirm>
  );
}

function Delete({ webhook, onClose }: Props) {
  const navigate = useNavigate();
  return (
    <Confirm
      title="Delete the webhook?"
      verb="Delete"
      danger
      onClose={onClose}
      onDone={() => void navigate({ to: '/webhooks', search: {} })}
      run={async () => {
        await send('DELETE /api/v1/webhooks/{webhook_id}', { params: { webhook_id: webhook.id } });
        await readAgain('GET /api/v1/webhooks', 'GET /api/v1/webhooks/health');
      }}
    >
      <p>
        Its secret and what was still to be sent to <code>{webhook.url}</code> are gone. It does not come back.
      </p>
    </Confirm>
  );
}
