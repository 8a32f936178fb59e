// API keys: list, create, rotate, revoke. A secret is shown once.
import { useRef, useState } from 'react';
import { type Key, send } from '../api/client.ts';
import { readAgain, useList } from '../api/list.ts';
import { StatusBadge } from '../part/badge.tsx';
import { Button } from '../part/button.tsx';
import { Confirm } from '../part/confirm.tsx';
import { EndedToggle, useEnded } from '../part/ended-toggle.tsx';
import { ChoiceField } from '../part/field.tsx';
import { ShownOnce } from '../part/once.tsx';
import { ListTable, Section } from '../part/section.tsx';
import { Time } from '../part/time.tsx';
import { NewKey } from './new-key.tsx';

const operation = 'GET /api/v1/keys';

type Open =
  | { readonly what: 'new' }
  | { readonly what: 'rotate' | 'revoke'; readonly key: Key }
  | { readonly what: 'secret'; readonly name: string; readonly secret: string };

export function KeysSection() {
  const [ended, toggleEnded] = useEnded('keys');
  const list = useList(operation, { status: ended ? undefined : 'active' });
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  const show = ({ name, secret }: { readonly name: string; readonly secret: string }) =>
    setOpen({ what: 'secret', name, secret });
  return (
    <Section
      id="keys"
      title="API keys"
      text="Long-lived credentials of people, scripts and agents. Each has one role for life; agents get further with a dispatch."
      acts={
        <>
          <EndedToggle shown={ended} onToggle={toggleEnded} what="keys" />
          <Button small onPress={() => setOpen({ what: 'new' })}>
            Create a key
          </Button>
        </>
      }
    >
      <ListTable
        list={list}
        caption="API keys"
        columns={['Name', 'Key', 'Role', 'Expires', 'State', 'Acts']}
        empty={<p>No key is in force. Create one for your scripts.</p>}
        row={(key) => <KeyRow key={key.id} one={key} onOpen={setOpen} />}
      />
      {open?.what === 'new' ? <NewKey onClose={close} onMade={show} /> : null}
      {open?.what === 'rotate' ? <Rotate one={open.key} onClose={close} onMade={show} /> : null}
      {open?.what === 'revoke' ? <Revoke one={open.key} onClose={close} /> : null}
      {open?.what === 'secret' ? (
        <ShownOnce title={`The key “${open.name}”`} name="the API key" secret={open.secret} onClose={close} />
      ) : null}
    </Section>
  );
}

function KeyRow({ one, onOpen }: { readonly one: Key; readonly onOpen: (open: Open) => void }) {
  const isLasting = one.status === 'active' && one.dispatch_id === null;
  return (
    <tr>
      <th scope="row">{one.name}</th>
      <td>
        <code>{one.prefix}…</code>
      </td>
      <td>
        <code>{one.role}</code>
      </td>
      <td>
        <Time at={one.expires_at} />
      </td>
      <td>
        <StatusBadge status={one.status} />
      </td>
      <td className="acts">
        {isLasting ? (
          <div className="line">
            <Button
              kind="quiet"
              small
              label={`Rotate the key ${one.name}`}
              onPress={() => onOpen({ what: 'rotate', key: one })}
            >
              Rotate …
            </Button>
            <Button
              kind="quiet"
              small
              label={`Revoke the key ${one.name}`}
              onPress={() => onOpen({ what: 'revoke', key: one })}
            >
              Revoke …
            </Button>
          </div>
        ) : null}
        {one.dispatch_id === null ? null : <span className="soft">of a dispatch</span>}
      </td>
    </tr>
  );
}

interface RotateProps {
  readonly one: Key;
  readonly onClose: () => void;
  readonly onMade: (made: { readonly name: string; readonly secret: string }) => void;
}

function Rotate({ one, onClose, onMade }: RotateProps) {
  const [grace, setGrace] = useState('3600');
  const made = useRef({ name: '', secret: '' });
  return (
    <Confirm
      title={`Rotate “${one.name}”?`}
      verb="Rotate"
      onClose={onClose}
      onDone={() => onMade(made.current)}
      run={async () => {
        const params = { key_id: one.id };
        const body = { grace_seconds: Number(grace) };
        made.current = await send('POST /api/v1/keys/{key_id}/rotate', { params, body });
        await readAgain(operation);
      }}
    >
      <p>The key gets another secret, which works at once. Its name, role and history stay.</p>
      <ChoiceField
        label="The former secret works on for"
        hint="Long enough to bring the new one to where it is used"
        value={grace}
        onValue={setGrace}
        choices={[
          ['0', 'no time: it stops at once'],
          ['3600', '1 hour'],
          ['86400', '1 day'],
        ]}
      />
    </Confirm>
  );
}

function Revoke({ one, onClose }: { readonly one: Key; readonly onClose: () => void }) {
  return (
    <Confirm
      title={`Revoke “${one.name}”?`}
      verb="Revoke"
      danger
      onClose={onClose}
      run={async () => {
        await send('DELETE /api/v1/keys/{key_id}', { params: { key_id: one.id } });
        await readAgain(operation);
      }}
    >
      <p>Whatever uses it stops working within a second. A revoked key does not come back.</p>
    </Confirm>
  );
}
