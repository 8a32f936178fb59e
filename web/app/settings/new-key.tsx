// The dialog that creates an API key.
import { useState } from 'react';
import { type Response, send } from '../api/client.ts';
import { readAgain } from '../api/list.ts';
import { useAct } from '../part/act.ts';
import { Button } from '../part/button.tsx';
import { Dialog } from '../part/dialog.tsx';
import { Failure } from '../part/failure.tsx';
import { ChoiceField, TextField } from '../part/field.tsx';
import { AgentField, noAgent, settleAgent, useAgents } from './agent-field.tsx';

type Made = Response<'POST /api/v1/keys'>;

interface Props {
  readonly onClose: () => void;
  readonly onMade: (made: Made) => void;
}

const day = 86_400;
const expiries = [
  ['', 'never'],
  [String(day), 'after a day'],
  [String(30 * day), 'after 30 days'],
  [String(365 * day), 'after a year'],
] as const;
const roles = [
  ['user', 'user: does all that you may, but for what takes your authenticator'],
  ['orchestrator', 'orchestrator: plans and verifies work'],
  ['agent', 'agent: claims and does work'],
] as const;

export function NewKey({ onClose, onMade }: Props) {
  const act = useAct();
  const agents = useAgents().items ?? [];
  const [name, setName] = useState('');
  const [role, setRole] = useState<Made['role']>('user');
  const [agent, setAgent] = useState(noAgent);
  const [expiry, setExpiry] = useState('');
  const create = () =>
    act.run(async () => {
      const holder = role === 'user' ? {} : { agent_id: await settleAgent(agent, agents) };
      const limit = expiry === '' ? {} : { expires_in: Number(expiry) };
      const made = await send('POST /api/v1/keys', { body: { name: name.trim(), role, ...holder, ...limit } });
      await readAgain('GET /api/v1/keys');
      onMade(made);
    });
  return (
    <Dialog
      title="Create an API key"
      onClose={onClose}
      onSubmit={() => void create()}
      acts={
        <>
          <Button kind="quiet" onPress={onClose}>
            Cancel
          </Button>
          <Button kind="main" submit busy={act.busy}>
            Create
          </Button>
        </>
      }
    >
      <TextField label="Name" hint="What will use it" required maxLength={200} value={name} onValue={setName} />
      <ChoiceField
        label="Role"
        hint="For life; an agent has one key of each role at a time"
        value={role}
        choices={roles}
        onValue={(value) => setRole(value as Made['role'])}
      />
      {role === 'user' ? null : <AgentField choice={agent} onChoice={setAgent} />}
      <ChoiceField label="Expires" value={expiry} choices={expiries} onValue={setExpiry} />
      {act.error === null ? null : <Failure error={act.error} />}
    </Dialog>
  );
}
