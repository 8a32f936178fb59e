// The dialogs that create a webhook and change one.
import { type ReactNode, useState } from 'react';
import { type Response, send, type Webhook } from '../api/client.ts';
import { readAgain, useList } from '../api/list.ts';
import { Problem } from '../api/problem.ts';
import { type Act, useAct } from '../part/act.ts';
import { Button } from '../part/button.tsx';
import { Dialog } from '../part/dialog.tsx';
import { Failure } from '../part/failure.tsx';
import { ChoiceField, TextField } from '../part/field.tsx';
import { TypesField } from '../part/types-field.tsx';
import type { Made } from './secret.tsx';
import { type Signature, SignatureField } from './signature-field.tsx';

type Fields = Pick<Webhook, 'url' | 'event_types' | 'project_id' | 'description' | 'ordering'>;

const nothing: Fields = { url: '', event_types: [], project_id: null, description: '', ordering: 'none' };
const all = '*';

interface FrameProps {
  readonly title: string;
  readonly verb: string;
  readonly act: Act;
  readonly fields: Fields;
  readonly onFields: (fields: Fields) => void;
  readonly onClose: () => void;
  readonly onSubmit: () => void;
  readonly children?: ReactNode;
}

function Frame({ title, verb, act, fields, onFields, onClose, onSubmit, children }: FrameProps) {
  const projects = useList('GET /api/v1/projects', { status: 'active' }).items ?? [];
  const faults = act.error instanceof Problem ? act.error.faults : new Map<string, string>();
  const { url, event_types, project_id, description, ordering } = fields;
  return (
    <Dialog
      title={title}
      onClose={onClose}
      onSubmit={onSubmit}
      acts={
        <>
          <Button kind="quiet" onPress={onClose}>
            Cancel
          </Button>
          <Button kind="main" submit busy={act.busy}>
            {verb}
          </Button>
        </>
      }
    >
      <TextField
        label="Address"
        hint="An https URL of a public host, on port 443 or 8443"
        type="url"
        required
        className="mono"
        maxLength={2_000}
        value={url}
        fault={faults.get('url')}
        onValue={(value) => onFields({ ...fields, url: value })}
      />
      <TypesField
        label="Events"
        hint="It gets what happens from now on"
        types={event_types.filter((type) => type !== all)}
        onTypes={(types) => onFields({ ...fields, event_types: types })}
      />
      <ChoiceField
        label="Project"
        value={project_id ?? ''}
        onValue={(value) => onFields({ ...fields, project_id: value === '' ? null : value })}
        choices={[['', 'All projects'], ...projects.map(({ id, name }) => [id, name] as const)]}
      />
      <ChoiceField
        label="Order"
        hint={ordering === 'subject' ? 'One that is not taken holds back those of the same object' : 'Fastest'}
        value={ordering}
        onValue={(value) => onFields({ ...fields, ordering: value as Fields['ordering'] })}
        choices={[
          ['none', 'as it comes'],
          ['subject', 'object by object, in the order of the log'],
        ]}
      />
      <TextField
        label="Description"
        hint="For you; the receiver does not see it"
        maxLength={500}
        value={description}
        onValue={(value) => onFields({ ...fields, description: value })}
      />
      {children}
      {act.error === null ? null : <Failure error={act.error} />}
    </Dialog>
  );
}

function bodyOf(fields: Fields): Fields {
  const { url, event_types, description } = fields;
  const types = event_types.length === 0 ? [all] : event_types;
  return { ...fields, url: url.trim(), event_types: types, description: description.trim() };
}

interface NewProps {
  readonly onClose: () => void;
  readonly onMade: (made: Made) => void;
}

export function NewWebhook({ onClose, onMade }: NewProps) {
  const act = useAct();
  const [fields, setFields] = useState(nothing);
  const [signature, setSignature] = useState<Signature>('v1');
  const create = () =>
    act.run(async () => {
      const made: Response<'POST /api/v1/webhooks'> = await send('POST /api/v1/webhooks', {
        body: { ...bodyOf(fields), signature },
      });
      await readAgain('GET /api/v1/webhooks', 'GET /api/v1/webhooks/health');
      onMade(made);
    });
  return (
    <Frame
      title="Create a webhook"
      verb="Create"
      act={act}
      fields={fields}
      onFields={setFields}
      onClose={onClose}
      onSubmit={() => void create()}
    >
      <SignatureField value={signature} onValue={setSignature} />
    </Frame>
  );
}

export function EditWebhook({ webhook, onClose }: { readonly webhook: Webhook; readonly onClose: () => void }) {
  const act = useAct();
  const { url, event_types, project_id, description, ordering } = webhook;
  const [fields, setFields] = useState<Fields>({ url, event_types, project_id, description, ordering });
  const change = () =>
    act.run(async () => {
      const params = { webhook_id: webhook.id };
      await send('PATCH /api/v1/webhooks/{webhook_id}', { params, body: bodyOf(fields) });
      await readAgain('GET /api/v1/webhooks', 'GET /api/v1/webhooks/{webhook_id}');
      onClose();
    });
  return (
    <Frame
      title="Edit the webhook"
      verb="Save"
      act={act}
      fields={fields}
      onFields={setFields}
      onClose={onClose}
      onSubmit={() => void change()}
    />
  );
}
