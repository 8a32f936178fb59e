// From the list of pages to routes. Pages for people with a session stand in the shell, and send others to sign in.
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  useLocation,
  useNavigate,
} from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useSession } from './api/session.ts';
import { Missing } from './page/missing.tsx';
import { type Page, pages } from './pages.ts';
import { Failure } from './part/failure.tsx';
import { Shell } from './part/shell.tsx';
import { Skeleton } from './part/skeleton.tsx';

const rootRoute = createRootRoute({ component: Outlet, notFoundComponent: Missing });

const insideRoute = createRoute({ getParentRoute: () => rootRoute, id: 'inside', component: Inside });

function Inside() {
  const { data: session, error, refetch } = useSession();
  if (session === null) return <ToLogin />;
  if (error !== null) return <Failure error={error} retry={() => void refetch()} />;
  if (session === undefined) return <Skeleton label="Looking for your session" />;
  return (
    <Shell session={session}>
      <Outlet />
    </Shell>
  );
}

/** Once: on the way to the other page the address changes under it. */
function ToLogin() {
  const navigate = useNavigate();
  const { href } = useLocation();
  const from = useRef(href);
  useEffect(() => void navigate({ to: '/login', search: { next: from.current }, replace: true }), [navigate]);
  return <Skeleton label="Going to sign in" />;
}

function showTitle(title: string): void {
  document.title = title === 'Loopledger' ? title : `${title} · Loopledger`;
}

function routeOf({ path, title, open, load }: Page) {
  const shared = { path, component: lazyRouteComponent(load), onEnter: () => showTitle(title) };
  if (open) return createRoute({ ...shared, getParentRoute: () => rootRoute });
  return createRoute({ ...shared, getParentRoute: () => insideRoute });
}

const isOpen = (page: Page) => page.open === true;
const inside = insideRoute.addChildren(pages.filter((page) => !isOpen(page)).map(routeOf));

export const router = createRouter({
  routeTree: rootRoute.addChildren([...pages.filter(isOpen).map(routeOf), inside]),
  defaultPendingComponent: () => <Skeleton label="Loading the page" />,
  defaultErrorComponent: ({ error, reset }) => <Failure error={error} retry={reset} />,
  defaultPreload: 'intent',
  scrollRestoration: true,
});
