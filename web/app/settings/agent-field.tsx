// Which agent something is for: one of the tenant's, or a new one.
import { type Agent, send } from '../api/client.ts';
import { type List, readAgain, useList } from '../api/list.ts';
import { ChoiceField, TextField } from '../part/field.tsx';

const operation = 'GET /api/v1/agents';
const another = 'new';

export interface AgentChoice {
  /** An id, or `new`; empty means the first of the list. */
  readonly id: string;
  readonly name: string;
}

export const noAgent: AgentChoice = { id: '', name: '' };

interface Props {
  readonly choice: AgentChoice;
  readonly onChoice: (choice: AgentChoice) => void;
}

export function useAgents(): List<Agent> {
  return useList(operation, { status: 'active' });
}

export function AgentField({ choice, onChoice }: Props) {
  const agents = useAgents().items ?? [];
  const id = chosenId(choice, agents);
  return (
    <>
      <ChoiceField
        label="Agent"
        hint="Whose name stands in the log"
        value={id}
        choices={[...agents.map((agent) => [agent.id, agent.name] as const), [another, 'A new agent …']]}
        onValue={(value) => onChoice({ ...choice, id: value })}
      />
      {id === another ? (
        <TextField
          label="Name of the new agent"
          hint="Such as planner or reviewer-2"
          required
          maxLength={200}
          value={choice.name}
          onValue={(name) => onChoice({ ...choice, name })}
        />
      ) : null}
    </>
  );
}

function chosenId({ id }: AgentChoice, agents: readonly Agent[]): string {
  return id === '' ? (agents[0]?.id ?? another) : id;
}

/** Makes the agent if it is a new one. */
export async function settleAgent(choice: AgentChoice, agents: readonly Agent[]): Promise<string> {
  const id = chosenId(choice, agents);
  if (id !== another) return id;
  const made = await send('POST /api/v1/agents', { body: { name: choice.name.trim() } });
  await readAgain(operation);
  return made.id;
}
