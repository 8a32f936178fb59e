// The second step of signing up: one to five authenticators, and then the commit that founds the tenant.
import type { RegistrationResponseJSON } from '@simplewebauthn/browser';
import { useState } from 'react';
import { register } from '../api/ceremony.ts';
import { type Response, send } from '../api/client.ts';
import { Problem } from '../api/problem.ts';
import { useAct } from '../part/act.ts';
import { Badge } from '../part/badge.tsx';
import { Button } from '../part/button.tsx';
import { Failure } from '../part/failure.tsx';
import { TextField } from '../part/field.tsx';
import { Notice } from '../part/notice.tsx';
import type { Begun } from './tenant-step.tsx';

export type Founded = Response<'POST /api/v1/signup'>;

interface Props {
  readonly begun: Begun;
  readonly onDone: (founded: Founded) => void;
  readonly onBack: () => void;
}

interface Held {
  readonly name: string;
  readonly response: RegistrationResponseJSON;
}

const most = 5;
const suggestions = [
  'This device',
  'Security key',
  'Second security key',
  'Fourth authenticator',
  'Fifth authenticator',
];

export function AuthenticatorsStep({ begun, onDone, onBack }: Props) {
  const [held, setHeld] = useState<readonly Held[]>([]);
  const [name, setName] = useState(suggestions[0] ?? '');
  const adding = useAct();
  const founding = useAct();
  const add = () =>
    adding.run(async () => {
      const response = await register(
        begun,
        held.map((one) => one.response),
      );
      setHeld([...held, { name: name.trim(), response }]);
      setName(suggestions[held.length + 1] ?? '');
    });
  const found = () =>
    founding.run(async () => {
      const body = { ceremony_id: begun.ceremony_id, authenticators: [...held] };
      onDone(await send('POST /api/v1/signup', { body }));
    });
  // The server takes a ceremony's answer once, rightly or not.
  const isSpent = founding.error instanceof Problem;
  return (
    <>
      <HeldList held={held} />
      {held.length >= most || isSpent ? null : (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void add();
          }}
        >
          <TextField
            label={held.length === 0 ? 'Name of the authenticator' : 'Name of another authenticator'}
            hint="So that you recognise it in the settings"
            required
            maxLength={200}
            value={name}
            onValue={setName}
          />
          {adding.error === null ? null : <Failure error={adding.error} />}
          <div className="line">
            <Button kind={held.length === 0 ? 'main' : 'plain'} submit busy={adding.busy}>
              {addLabel(adding.busy, held.length)}
            </Button>
          </div>
        </form>
      )}
      {held.length === 1 && !isSpent ? (
        <Notice kind="warn" title="Add a second one if you can">
          <p>With two, losing one locks nobody out. You can also do it later in the settings.</p>
        </Notice>
      ) : null}
      {founding.error === null ? null : <Failure error={founding.error} />}
      <div className="line">
        {held.length === 0 || isSpent ? null : (
          <Button kind="main" busy={founding.busy} onPress={found}>
            {`Found ${begun.name}`}
          </Button>
        )}
        <Button kind="quiet" onPress={onBack}>
          {isSpent ? 'Begin again' : 'Back'}
        </Button>
      </div>
    </>
  );
}

function addLabel(busy: boolean, held: number): string {
  if (busy) return 'Waiting for your authenticator …';
  return held === 0 ? 'Create a passkey' : 'Add another passkey';
}

function HeldList({ held }: { readonly held: readonly Held[] }) {
  if (held.length === 0) return null;
  return (
    <ul className="stack" aria-label="Authenticators so far">
      {held.map(({ name, response }) => (
        <li key={response.id} className="line">
          <Badge kind="ok" word="ready" />
          {name}
        </li>
      ))}
    </ul>
  );
}
