// Which types of events: none chosen means all. Those that there are come from the server's catalogue.
import { useQuery } from '@tanstack/react-query';
import { send } from '../api/client.ts';
import { Button } from './button.tsx';
import { ChoiceField, type Choices } from './field.tsx';

const operation = 'GET /api/v1/event-types';

interface Props {
  readonly label: string;
  readonly hint?: string;
  readonly types: readonly string[];
  readonly onTypes: (types: readonly string[]) => void;
}

type Groups = readonly (readonly [heading: string, choices: Choices])[];

export function TypesField({ label, hint, types, onTypes }: Props) {
  const groups = useEventTypes().map(([stream, choices]) => {
    const prefix = choices[0]?.[0].split('.')[0] ?? stream;
    const offered: Choices = [[`${prefix}.*`, `all of ${stream}`], ...choices];
    return [stream, offered.filter(([type]) => !types.includes(type))] as const;
  });
  return (
    <div className="types">
      <ChoiceField
        label={label}
        {...(hint === undefined ? {} : { hint })}
        value=""
        onValue={(type) => onTypes([...types, type])}
        choices={[['', types.length === 0 ? 'All types' : 'Add another …']]}
        groups={groups.filter(([, choices]) => choices.length > 0)}
      />
      {types.length === 0 ? null : (
        <ul className="line" aria-label={`Chosen: ${label}`}>
          {types.map((type) => (
            <li key={type}>
              <Button small label={`Leave out ${type}`} onPress={() => onTypes(types.filter((one) => one !== type))}>
                <code>{type}</code>
                <span aria-hidden="true">×</span>
              </Button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** By the kind of object. */
export function useEventTypes(): Groups {
  const { data } = useQuery({ queryKey: [operation], queryFn: () => send(operation, {}), staleTime: Infinity });
  const streams = Map.groupBy(data?.data ?? [], ({ stream }) => stream);
  return [...streams].map(([stream, some]) => [stream, some.map(({ type }) => [type, type] as const)]);
}
