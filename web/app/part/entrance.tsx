// What stands around the pages before a session: the act on the left, what it means on the right.
import type { ReactNode } from 'react';
import { Brand } from './brand.tsx';
import { Notice } from './notice.tsx';

interface Props {
  readonly title: string;
  readonly lead: string;
  readonly aside: ReactNode;
  readonly children: ReactNode;
}

export function Entrance({ title, lead, aside, children }: Props) {
  return (
    <div className="entrance">
      <header>
        <Brand />
      </header>
      <div className="entrance-columns">
        <main>
          <div>
            <h1>{title}</h1>
            <p className="soft">{lead}</p>
          </div>
          <AddressNotice />
          {children}
        </main>
        <aside>{aside}</aside>
      </div>
    </div>
  );
}

/** Passkeys belong to a name. A browser offers none at a bare address. */
function AddressNotice() {
  const { hostname, port, pathname } = location;
  if (!/^(?:[\d.]+|\[.*\])$/.test(hostname)) return null;
  const isOwnMachine = hostname.startsWith('127.') || hostname === '[::1]';
  const named = `http://localhost:${port}${pathname}`;
  return (
    <Notice kind="warn" title="Passkeys belong to a name, not to a number">
      <p>
        {isOwnMachine ? (
          <>
            Open <a href={named}>{named}</a> instead.
          </>
        ) : (
          'Open these pages by the name of the server.'
        )}
      </p>
    </Notice>
  );
}
