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

export function TypesField({ label, hint, types, onTypes }: Props) {
  const { data } = useQuery({ queryKey: [operation], queryFn: () => send(operation, {}), staleTime: Infinity });
  const groups = groupsOf(data?.data ?? []).map(
    ([stream, choices]) => [stream, choices.filter(([type]) => !types.includes(type))] as const,
  );
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

function groupsOf(
  entries: readonly { readonly type: string; readonly stream: string }[],
): (readonly [heading: string, choices: Choices])[] {
  const streams = Map.groupBy(entries, ({ stream }) => stream);
  return [...streams].map(([stream, some]) => {
    const prefix = some[0]?.type.split('.')[0] ?? stream;
    return [stream, [[`${prefix}.*`, `all of ${stream}`], ...some.map(({ type }) => [type, type] as const)]];
  });
}
