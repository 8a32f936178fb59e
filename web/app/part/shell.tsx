// What stands around every page for people with a session: the rail, and whose tenant it is.
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { type Session } from '../api/client.ts';
import { signOut, useRenewal } from '../api/session.ts';
import { pages } from '../pages.ts';
import { Brand } from './brand.tsx';
import { Button } from './button.tsx';

export function Shell({ session, children }: { readonly session: Session; readonly children: ReactNode }) {
  useRenewal();
  return (
    <div className="shell">
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="rail">
        <Brand />
        <nav aria-label="Pages">
          <ul>
            {pages.map(({ path, rail }) =>
              rail === undefined ? null : (
                <li key={path}>
                  <Link to={path}>{rail}</Link>
                </li>
              ),
            )}
            <li>
              <a href="/docs">API documentation</a>
            </li>
          </ul>
        </nav>
        <div className="whose">
          <p>{session.tenant.name}</p>
          <p className="soft">{session.operator.name}</p>
          <div className="line">
            <Button kind="quiet" small onPress={() => signOut()}>
              Sign out
            </Button>
          </div>
        </div>
      </header>
      <main id="content" className="content" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}
