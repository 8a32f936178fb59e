// What the server signs with for the tenant: public keys and the periods in which they were in force.
import { useState } from 'react';
import { sendConfirmed } from '../api/ceremony.ts';
import type { SigningKey } from '../api/client.ts';
import { readAgain, useList } from '../api/list.ts';
import { StatusBadge } from '../part/badge.tsx';
import { Button } from '../part/button.tsx';
import { Confirm } from '../part/confirm.tsx';
import { ListTable, Section } from '../part/section.tsx';
import { Time } from '../part/time.tsx';

const operation = 'GET /api/v1/signing-keys';
const purposes: Readonly<Record<SigningKey['purpose'], string>> = {
  log: 'checkpoints of the log',
  capability: 'capabilities of agents',
  runner: 'what runners report',
};

export function SigningKeysSection() {
  const list = useList(operation);
  const [rotated, setRotated] = useState<SigningKey | null>(null);
  return (
    <Section
      id="signing-keys"
      title="Signing keys"
      text="Public halves of the keys that the server signs with, one for each purpose. Retired ones still prove what they signed."
    >
      <ListTable
        list={list}
        caption="Signing keys"
        columns={['Purpose', 'Public key', 'From', 'Until', 'State', 'Acts']}
        empty={<p>No signing keys: the tenant was founded before there were any.</p>}
        row={(key) => (
          <tr key={key.id}>
            <th scope="row">
              <code>{key.purpose}</code> <span className="soft">{purposes[key.purpose]}</span>
            </th>
            <td>
              <code title={key.public_key}>{shortened(key.public_key)}</code>
            </td>
            <td>
              <Time at={key.from} />
            </td>
            <td>{key.until === null ? <span className="soft">in force</span> : <Time at={key.until} />}</td>
            <td>
              <StatusBadge status={key.status} />
            </td>
            <td className="acts">
              {key.status === 'active' ? (
                <Button kind="quiet" small label={`Rotate the ${key.purpose} key`} onPress={() => setRotated(key)}>
                  Rotate …
                </Button>
              ) : null}
            </td>
          </tr>
        )}
      />
      {rotated === null ? null : <Rotate purpose={rotated.purpose} onClose={() => setRotated(null)} />}
    </Section>
  );
}

function shortened(key: string): string {
  return `${key.slice(0, 12)}…${key.slice(-6)}`;
}

function Rotate({ purpose, onClose }: { readonly purpose: SigningKey['purpose']; readonly onClose: () => void }) {
  return (
    <Confirm
      title={`Rotate the key for ${purpose}?`}
      verb="Rotate"
      touch={`rotate the ${purpose} key`}
      onClose={onClose}
      run={async () => {
        await sendConfirmed('POST /api/v1/signing-keys/rotate', { body: { purpose } });
        await readAgain(operation);
      }}
    >
      <p>A new key comes into force, vouched for by the old one. The old public key stays published with its period.</p>
    </Confirm>
  );
}
