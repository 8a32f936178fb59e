// Which events are followed, and from when on.
import { useList } from '../api/list.ts';
import type { Address } from '../part/address.ts';
import { ChoiceField, type Choices } from '../part/field.tsx';
import { TypesField } from '../part/types-field.tsx';
import type { Wanted } from './follower.ts';

const minuteMs = 60_000;
const agesMs: Readonly<Record<string, number>> = {
  '15m': 15 * minuteMs,
  '1h': 60 * minuteMs,
  '24h': 24 * 60 * minuteMs,
};
const defaultFrom = '1h';
const begins: Choices = [
  ['now', 'Now'],
  ['15m', '15 minutes ago'],
  ['1h', '1 hour ago'],
  ['24h', '1 day ago'],
  ['start', 'The beginning'],
];

function typesIn({ read }: Address): readonly string[] {
  return (read('types') ?? '').split(',').filter((type) => type !== '');
}

/** Anything that is no age is a cursor or a time, as the API takes them. */
export function wantedBy(address: Address): Wanted {
  const from = address.read('from') ?? defaultFrom;
  const ageMs = agesMs[from];
  const moment = from === 'start' ? '0' : from;
  return {
    since: ageMs === undefined ? moment : new Date(Date.now() - ageMs).toISOString(),
    types: typesIn(address),
    project: address.read('project'),
    actor: address.read('actor'),
  };
}

export function Filters({ address }: { readonly address: Address }) {
  const projects = namesOf(useList('GET /api/v1/projects').items);
  const agents = namesOf(useList('GET /api/v1/agents').items);
  const keys = namesOf(useList('GET /api/v1/keys').items);
  const { read, write } = address;
  const [project = '', actor = '', from = defaultFrom] = [read('project'), read('actor'), read('from')];
  const wanted = (value: string) => (value === '' ? undefined : value);
  return (
    <div className="filters" role="search" aria-label="Which events">
      <TypesField
        label="Types"
        types={typesIn(address)}
        onTypes={(types) => void write({ types: wanted(types.join(',')) })}
      />
      <ChoiceField
        label="Project"
        value={project}
        onValue={(value) => void write({ project: wanted(value) })}
        choices={[['', 'All projects'], ...projects, ...strayOf(project, projects)]}
      />
      <ChoiceField
        label="Caused by"
        value={actor}
        onValue={(value) => void write({ actor: wanted(value) })}
        choices={[['', 'Anybody'], ...strayOf(actor, [...agents, ...keys])]}
        groups={[['Agents', agents] as const, ['Keys', keys] as const].filter(([, choices]) => choices.length > 0)}
      />
      <ChoiceField
        label="From"
        value={from}
        onValue={(value) => void write({ from: value === defaultFrom ? undefined : value })}
        choices={[
          ...begins,
          ...(begins.some(([one]) => one === from) ? [] : [[from, 'The place in the address'] as const]),
        ]}
      />
    </div>
  );
}

function namesOf(items: readonly { readonly id: string; readonly name: string }[] | undefined): Choices {
  return (items ?? []).map(({ id, name }) => [id, name]);
}

/** What a link asks for and no list holds. */
function strayOf(id: string, known: Choices): Choices {
  return id === '' || known.some(([one]) => one === id) ? [] : [[id, `…${id.slice(-12)}`]];
}
