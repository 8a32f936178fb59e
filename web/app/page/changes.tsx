// The log as it grows.
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { Operation } from '../api/client.ts';
import { readAgain, useList } from '../api/list.ts';
import { confirmSession } from '../api/session.ts';
import { EventTable, type Names } from '../changes/event-table.tsx';
import { EventWindow, mostShown, type Shown } from '../changes/event-window.ts';
import { Filters, wantedBy } from '../changes/filters.tsx';
import { FollowBar } from '../changes/follow-bar.tsx';
import { type Address, useAddress } from '../part/address.ts';
import { Button } from '../part/button.tsx';
import { Failure } from '../part/failure.tsx';
import { Skeleton } from '../part/skeleton.tsx';

const filters = ['types', 'project', 'actor', 'from'] as const;

export default function Changes() {
  const address = useAddress();
  const [round, setRound] = useState(0);
  const asked = JSON.stringify([round, ...filters.map((name) => address.read(name) ?? null)]);
  return (
    <>
      <h1>Changes</h1>
      <p className="soft lead">
        Every event of the tenant, as it is committed. The last {mostShown} that match are shown.
      </p>
      <div className="panel changes">
        <Filters address={address} />
        <Follow key={asked} address={address} onAgain={() => setRound(round + 1)} />
      </div>
    </>
  );
}

interface FollowProps {
  readonly address: Address;
  readonly onAgain: () => void;
}

/** One way to follow; another filter is another one of these. */
function Follow({ address, onAgain }: FollowProps) {
  const [eventWindow] = useState(() => new EventWindow(wantedBy(address)));
  const shown = useSyncExternalStore(eventWindow.watch, eventWindow.look);
  const [opened, setOpened] = useState<string | null>(null);
  const names = useNames(shown);
  const { is } = shown.standing;
  useEffect(() => eventWindow.open(), [eventWindow]);
  useEffect(() => {
    if (is === 'ended') void confirmSession();
  }, [is]);
  const [open] = useState(() => (id: string) => {
    eventWindow.pause();
    setOpened((before) => (before === id ? null : id));
  });
  return (
    <>
      <FollowBar eventWindow={eventWindow} shown={shown} />
      {shown.standing.is === 'refused' ? (
        <div className="panel-body">
          <Failure error={shown.standing.error} retry={onAgain} />
        </div>
      ) : null}
      {shown.events.length === 0 ? (
        <Nothing shown={shown} address={address} />
      ) : (
        <EventTable events={shown.events} names={names} opened={opened} onOpen={open} />
      )}
    </>
  );
}

function Nothing({ shown: { standing, waiting }, address }: { readonly shown: Shown; readonly address: Address }) {
  if (standing.is === 'refused') return null;
  if (standing.is !== 'live' && standing.is !== 'polling') return <Skeleton label="Loading: events" />;
  const isFromStart = address.read('from') === 'start';
  return (
    <div className="empty">
      <p>{waiting > 0 ? 'Nothing is shown while it is paused.' : 'Nothing that matches has happened since then.'}</p>
      <code className="command" tabIndex={0}>
        {`curl -s ${location.origin}/api/v1/projects -H "Authorization: Bearer $KEY" \\\n  -H 'Content-Type: application/json' -d '{"name": "Orbit", "slug": "orbit"}'`}
      </code>
      {isFromStart ? null : (
        <div className="line">
          <Button small onPress={() => address.write({ from: 'start' })}>
            Show from the beginning
          </Button>
        </div>
      )}
    </div>
  );
}

/** Read again when an event of the kind is shown. */
function useNames({ events }: Shown): Names {
  const latest = (kind: string) => events.find(({ stream }) => stream.type === kind)?.position;
  useReading('GET /api/v1/agents', latest('agent'));
  useReading('GET /api/v1/keys', latest('key'));
  useReading('GET /api/v1/projects', latest('project'));
  const agents = useList('GET /api/v1/agents').items;
  const keys = useList('GET /api/v1/keys').items;
  const projects = useList('GET /api/v1/projects').items;
  return useMemo(
    () => ({ actors: namesOf([...(keys ?? []), ...(agents ?? [])]), projects: namesOf(projects ?? []) }),
    [agents, keys, projects],
  );
}

function useReading(operation: Operation, position: number | undefined): void {
  useEffect(() => {
    if (position !== undefined) void readAgain(operation);
  }, [operation, position]);
}

function namesOf(items: readonly { readonly id: string; readonly name: string }[]): ReadonlyMap<string, string> {
  return new Map(items.map(({ id, name }) => [id, name]));
}
