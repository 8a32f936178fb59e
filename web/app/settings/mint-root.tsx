// The dialog that mints a root: an act that only a person can do, so it is confirmed with an authenticator.
import { useState } from 'react';
import { sendConfirmed } from '../api/ceremony.ts';
import type { Response } from '../api/client.ts';
import { readAgain } from '../api/list.ts';
import { useAct } from '../part/act.ts';
import { Button } from '../part/button.tsx';
import { Touch } from '../part/confirm.tsx';
import { Dialog } from '../part/dialog.tsx';
import { Failure } from '../part/failure.tsx';
import { ChoiceField } from '../part/field.tsx';
import { AgentField, noAgent, settleAgent, useAgents } from './agent-field.tsx';

type Made = Response<'POST /api/v1/dispatches'>;

interface Props {
  readonly onClose: () => void;
  readonly onMade: (made: Made) => void;
}

const roles = [
  ['orchestrator', 'orchestrator: plans, sends others, verifies'],
  ['agent', 'agent: claims and does work'],
] as const;
const durations = [
  ['900', '15 minutes'],
  ['3600', '1 hour'],
  ['14400', '4 hours'],
] as const;

export function MintRoot({ onClose, onMade }: Props) {
  const act = useAct();
  const agents = useAgents().items ?? [];
  const [agent, setAgent] = useState(noAgent);
  const [role, setRole] = useState<Made['role']>('orchestrator');
  const [duration, setDuration] = useState('3600');
  const mint = () =>
    act.run(async () => {
      const agent_id = await settleAgent(agent, agents);
      setAgent({ id: agent_id, name: '' });
      const body = { parent: null, role, agent_id, expires_in: Number(duration) };
      const made = await sendConfirmed('POST /api/v1/dispatches', { body });
      await readAgain('GET /api/v1/dispatches', 'GET /api/v1/keys');
      onMade(made);
    });
  return (
    <Dialog
      title="Mint a root"
      onClose={onClose}
      onSubmit={() => void mint()}
      acts={
        <>
          <Button kind="quiet" onPress={onClose}>
            Cancel
          </Button>
          <Button kind="main" submit busy={act.busy}>
            {act.busy ? 'Waiting for your authenticator …' : 'Mint'}
          </Button>
        </>
      }
    >
      <AgentField choice={agent} onChoice={setAgent} />
      <ChoiceField
        label="Role"
        hint="What it sends further has at most this role"
        value={role}
        choices={roles}
        onValue={(value) => setRole(value as Made['role'])}
      />
      <ChoiceField
        label="Ends after"
        hint="With it ends all that came from it"
        value={duration}
        choices={durations}
        onValue={setDuration}
      />
      <Touch purpose="send this agent" />
      {act.error === null ? null : <Failure error={act.error} />}
    </Dialog>
  );
}
