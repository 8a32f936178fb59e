// Events of the log, the newest first. One opens to show all that the log holds of it.
import { memo } from 'react';
import type { LogEvent } from '../api/client.ts';
import { CopyButton } from '../part/copy.tsx';
import { Time } from '../part/time.tsx';

export interface Names {
  readonly actors: ReadonlyMap<string, string>;
  readonly projects: ReadonlyMap<string, string>;
}

interface Props {
  readonly events: readonly LogEvent[];
  readonly names: Names;
  readonly opened: string | null;
  readonly onOpen: (id: string) => void;
}

export function EventTable({ events, names, opened, onOpen }: Props) {
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label="Events">
      <table className="events">
        <caption className="unseen">Events, the newest first</caption>
        <thead>
          <tr>
            {['Position', 'Event', 'Object', 'Caused by', 'Project', 'Recorded'].map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {events.map((event) => (
            <EventRow key={event.id} event={event} names={names} isOpen={event.id === opened} onOpen={onOpen} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  readonly event: LogEvent;
  readonly names: Names;
  readonly isOpen: boolean;
  readonly onOpen: (id: string) => void;
}

const EventRow = memo(({ event, names, isOpen, onOpen }: RowProps) => {
  const { id, position, type, stream, actor, project_id, recorded_at } = event;
  const actorId = actor.agent_id ?? actor.key_id;
  const projectName = project_id === null ? '–' : (names.projects.get(project_id) ?? shortened(project_id));
  return (
    <>
      <tr className={isOpen ? 'opened' : ''}>
        <td className="number">{position}</td>
        <th scope="row">
          <button
            type="button"
            className="row-act"
            aria-expanded={isOpen}
            aria-label={`${type} at ${position}`}
            onClick={() => onOpen(id)}
          >
            <code>{type}</code>
          </button>
        </th>
        <td>
          <code title={`${stream.type}:${stream.id}`}>
            <span className="soft">{stream.type}</span> {shortened(stream.id)}
          </code>
        </td>
        <td>
          {(actorId === null ? undefined : names.actors.get(actorId)) ?? actor.kind}{' '}
          <span className="soft">{actor.role}</span>
        </td>
        <td>{projectName}</td>
        <td>
          <Time at={recorded_at} seconds />
        </td>
      </tr>
      {isOpen ? (
        <tr className="detail">
          <td colSpan={6}>
            <EventDetail event={event} />
          </td>
        </tr>
      ) : null}
    </>
  );
});

function EventDetail({ event }: { readonly event: LogEvent }) {
  const { actor, stream } = event;
  const text = JSON.stringify(event.data ?? {}, null, 2);
  const facts: readonly (readonly [string, string | null])[] = [
    ['Event', event.id],
    ['Object', `${stream.type}:${stream.id}, version ${event.version}`],
    ['Project', event.project_id],
    ['Key', actor.key_id],
    ['Agent', actor.agent_id],
    ['Lineage', actor.lineage.length === 0 ? null : actor.lineage.join(' → ')],
    ['Confirmed', actor.step_up === undefined ? null : `by a touch, for ${actor.step_up.act}`],
    ['Command', event.command_id],
    ['Correlation', event.correlation_id],
    ['Causation', event.causation_id],
    ['Leaf hash', event.leaf_hash],
    ['Chain hash', event.chain_hash],
  ];
  return (
    <section className="event-detail" aria-label={`Event ${event.position}`}>
      <div className="stack">
        <div className="line between">
          <h2>Data</h2>
          <CopyButton small text={text} name="the data" />
        </div>
        <pre className="command" tabIndex={0}>
          {text}
        </pre>
      </div>
      <dl className="facts">
        {facts.map(([name, value]) =>
          value === null ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <code>{value}</code>
              </dd>
            </div>
          ),
        )}
      </dl>
    </section>
  );
}

function shortened(id: string): string {
  return `…${id.slice(-8)}`;
}
