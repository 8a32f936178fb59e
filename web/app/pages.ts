// All pages: a page is a file in page/ and a line here. The server learns the paths from this list.
import type { ComponentType } from 'react';

export interface Page {
  readonly path: string;
  readonly title: string;
  /** Shown in the rail; pages without it are reached by links. */
  readonly rail?: string;
  /** For people without a session. */
  readonly open?: true;
  readonly load: () => Promise<{ readonly default: ComponentType }>;
}

export const pages: readonly Page[] = [
  { path: '/', title: 'Loopledger', open: true, load: () => import('./page/start.tsx') },
  { path: '/signup', title: 'Sign up', open: true, load: () => import('./page/signup.tsx') },
  { path: '/login', title: 'Sign in', open: true, load: () => import('./page/login.tsx') },
  { path: '/changes', title: 'Changes', rail: 'Changes', load: () => import('./page/changes.tsx') },
  { path: '/webhooks', title: 'Webhooks', rail: 'Webhooks', load: () => import('./page/webhooks.tsx') },
  { path: '/settings', title: 'Settings', rail: 'Settings', load: () => import('./page/settings.tsx') },
];
