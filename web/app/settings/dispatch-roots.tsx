// Dispatch roots: the errands that a person sends agents on. All that agents send further comes from one of these.
import { useState } from 'react';
import type { Dispatch } from '../api/client.ts';
import { send } from '../api/client.ts';
import { readAgain, useList } from '../api/list.ts';
import { StatusBadge } from '../part/badge.tsx';
import { Button } from '../part/button.tsx';
import { Confirm } from '../part/confirm.tsx';
import { EndedToggle, useEnded } from '../part/ended-toggle.tsx';
import { ShownOnce } from '../part/once.tsx';
import { ListTable, Section } from '../part/section.tsx';
import { Time } from '../part/time.tsx';
import { useAgents } from './agent-field.tsx';
import { MintRoot } from './mint-root.tsx';

const operation = 'GET /api/v1/dispatches';

type Open =
  | { readonly what: 'mint' }
  | { readonly what: 'revoke'; readonly root: Dispatch }
  | { readonly what: 'secret'; readonly secret: string };

export function DispatchRootsSection() {
  const [ended, toggleEnded] = useEnded('roots');
  const list = useList(operation, { status: ended ? undefined : 'active' });
  const roots = list.items?.filter(({ parent_id }) => parent_id === null);
  const names = new Map(useAgents().items?.map(({ id, name }) => [id, name]));
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  return (
    <Section
      id="roots"
      title="Dispatch roots"
      text="Only you send agents out. Two lineages are independent of each other when they come from two roots."
      acts={
        <>
          <EndedToggle shown={ended} onToggle={toggleEnded} what="roots" />
          <Button small onPress={() => setOpen({ what: 'mint' })}>
            Mint a root
          </Button>
        </>
      }
    >
      <ListTable
        list={{ ...list, items: roots }}
        caption="Dispatch roots"
        columns={['Agent', 'Dispatch', 'Role', 'Expires', 'State', 'Acts']}
        empty={<NoRoots />}
        row={(root) => (
          <tr key={root.id}>
            <th scope="row">{names.get(root.agent_id) ?? <code>{root.agent_id}</code>}</th>
            <td>
              <code title={root.id}>…{root.id.slice(-12)}</code>
            </td>
            <td>
              <code>{root.role}</code>
            </td>
            <td>
              <Time at={root.expires_at} />
            </td>
            <td>
              <StatusBadge status={root.status} />
            </td>
            <td className="acts">
              {root.status === 'active' ? (
                <Button
                  kind="quiet"
                  small
                  label={`Revoke the root of ${names.get(root.agent_id) ?? root.agent_id}`}
                  onPress={() => setOpen({ what: 'revoke', root })}
                >
                  Revoke …
                </Button>
              ) : null}
            </td>
          </tr>
        )}
      />
      {open?.what === 'mint' ? (
        <MintRoot onClose={close} onMade={({ secret }) => setOpen({ what: 'secret', secret })} />
      ) : null}
      {open?.what === 'revoke' ? <Revoke root={open.root} onClose={close} /> : null}
      {open?.what === 'secret' ? <Minted secret={open.secret} onClose={close} /> : null}
    </Section>
  );
}

function NoRoots() {
  return (
    <>
      <p>No root is in force, so no agent works. Mint one, and give its key to the agent, which then sends others:</p>
      <code className="command" tabIndex={0}>
        {`curl -s ${location.origin}/api/v1/dispatches -H "Authorization: Bearer $LL_KEY" \\\n  -H 'Content-Type: application/json' -d '{"parent": "…", "role": "agent", "agent_id": "…", "expires_in": 3600}'`}
      </code>
    </>
  );
}

function Minted({ secret, onClose }: { readonly secret: string; readonly onClose: () => void }) {
  return (
    <ShownOnce title="The key of the dispatch" name="the key of the dispatch" secret={secret} onClose={onClose}>
      <p className="soft">It ends with the dispatch. Give it to one agent: whoever holds it acts under this lineage.</p>
    </ShownOnce>
  );
}

function Revoke({ root, onClose }: { readonly root: Dispatch; readonly onClose: () => void }) {
  return (
    <Confirm
      title="Revoke this root?"
      verb="Revoke"
      danger
      onClose={onClose}
      run={async () => {
        await send('DELETE /api/v1/dispatches/{dispatch_id}', { params: { dispatch_id: root.id } });
        await readAgain(operation, 'GET /api/v1/keys');
      }}
    >
      <p>All dispatches that came from it end too, and their keys stop within a second.</p>
    </Confirm>
  );
}
