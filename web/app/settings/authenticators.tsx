// The authenticators of the tenant's operator.
import { useState } from 'react';
import { type Enrolment, register, sendConfirmed } from '../api/ceremony.ts';
import { type Authenticator, send } from '../api/client.ts';
import { readAgain, useList } from '../api/list.ts';
import { StatusBadge } from '../part/badge.tsx';
import { Button } from '../part/button.tsx';
import { Confirm } from '../part/confirm.tsx';
import { EndedToggle, useEnded } from '../part/ended-toggle.tsx';
import { TextField } from '../part/field.tsx';
import { ListTable, Section } from '../part/section.tsx';
import { Time } from '../part/time.tsx';

const operation = 'GET /api/v1/authenticators';

export function AuthenticatorsSection() {
  const [ended, toggleEnded] = useEnded('authenticators');
  const list = useList(operation, { status: ended ? undefined : 'active' });
  const [adding, setAdding] = useState(false);
  const [revoked, setRevoked] = useState<Authenticator | null>(null);
  return (
    <Section
      id="authenticators"
      title="Authenticators"
      text="What you sign in with, and confirm with. Have two: losing the only one locks you out for ever."
      acts={
        <>
          <EndedToggle shown={ended} onToggle={toggleEnded} what="authenticators" />
          <Button small label="Add an authenticator" onPress={() => setAdding(true)}>
            Add
          </Button>
        </>
      }
    >
      <ListTable
        list={list}
        caption="Authenticators"
        columns={['Name', 'Kind', 'Last used', 'Enrolled', 'State', 'Acts']}
        empty={<p>The tenant was founded without a person, so it has no authenticator.</p>}
        row={(one) => (
          <tr key={one.id}>
            <th scope="row">{one.name}</th>
            <td>{one.backup_eligible ? 'synced passkey' : 'bound to its device'}</td>
            <td>
              <Time at={one.used_at} />
            </td>
            <td>
              <Time at={one.created_at} />
            </td>
            <td>
              <StatusBadge status={one.status} />
            </td>
            <td className="acts">
              {one.status === 'active' ? (
                <Button
                  kind="quiet"
                  small
                  label={`Revoke the authenticator ${one.name}`}
                  onPress={() => setRevoked(one)}
                >
                  Revoke …
                </Button>
              ) : null}
            </td>
          </tr>
        )}
      />
      {adding ? <Add onClose={() => setAdding(false)} /> : null}
      {revoked === null ? null : <Revoke one={revoked} onClose={() => setRevoked(null)} />}
    </Section>
  );
}

function Add({ onClose }: { readonly onClose: () => void }) {
  const [name, setName] = useState('Security key');
  return (
    <Confirm
      title="Add an authenticator"
      verb="Create a passkey"
      touch="enrol the new one: your browser asks twice, first the new authenticator, then one that is enrolled already"
      onClose={onClose}
      run={async () => {
        const enrolment: Enrolment = await send('POST /api/v1/authenticators/options', {});
        const response = await register(enrolment);
        const body = { ceremony_id: enrolment.ceremony_id, name: name.trim(), response };
        await sendConfirmed('POST /api/v1/authenticators', { body });
        await readAgain(operation);
      }}
    >
      <TextField
        label="Name"
        hint="So that you recognise it in this list"
        required
        maxLength={200}
        value={name}
        onValue={setName}
      />
    </Confirm>
  );
}

function Revoke({ one, onClose }: { readonly one: Authenticator; readonly onClose: () => void }) {
  return (
    <Confirm
      title={`Revoke “${one.name}”?`}
      verb="Revoke"
      danger
      touch={`revoke “${one.name}”`}
      onClose={onClose}
      run={async () => {
        await sendConfirmed('DELETE /api/v1/authenticators/{authenticator_id}', {
          params: { authenticator_id: one.id },
        });
        await readAgain(operation, 'GET /api/v1/session');
      }}
    >
      <p>It cannot be enrolled again, and the sessions that it opened end at once.</p>
    </Confirm>
  );
}
