// Whose session this browser has. All tabs share one cookie, so they tell each other when it changes.
import { QueryClient, queryOptions, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { deliver, type Session, send } from './client.ts';
import { Problem } from './problem.ts';

const tabs = new BroadcastChannel('loopledger-session');
/** The cookie lasts a quarter of an hour. */
const renewMs = 300_000;

export const queryClient: QueryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) => failures < 2 && !(error instanceof Problem && error.status < 500),
      retryDelay: 400,
    },
  },
});

const sessionQuery = queryOptions({
  queryKey: ['session'],
  staleTime: renewMs,
  async queryFn(): Promise<Session | null> {
    try {
      return await send('GET /api/v1/session', {});
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return null;
      throw error;
    }
  },
});

queryClient.getQueryCache().subscribe(({ query }) => {
  const error: unknown = query.state.error;
  const [name] = query.queryKey as readonly unknown[];
  if (error instanceof Problem && error.status === 401 && name !== 'session') forgetSession();
});
tabs.addEventListener('message', () => void queryClient.resetQueries());

export function useSession() {
  return useQuery(sessionQuery);
}

export async function changeSession(): Promise<void> {
  forgetTenant();
  tabs.postMessage('changed');
  await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 });
}

/** Whatever was shown belongs to the session before. */
function forgetTenant(): void {
  queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' });
}

/** After the server gave to understand that there is none: it is asked, and pages follow its answer. */
export async function confirmSession(): Promise<void> {
  await queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey });
}

function forgetSession(): void {
  queryClient.setQueryData(sessionQuery.queryKey, null);
}

export async function signOut(): Promise<void> {
  await send('DELETE /api/v1/session', {});
  forgetSession();
  forgetTenant();
  tabs.postMessage('changed');
}

/** Keeps the session of a page that is looked at; one in the background runs out. */
export function useRenewal(): void {
  useEffect(() => {
    let renewed = Date.now();
    const renew = () => {
      if (document.hidden || Date.now() - renewed < renewMs) return;
      renewed = Date.now();
      deliver({ method: 'POST', path: '/api/v1/session/refresh', body: undefined }).catch((error: unknown) => {
        if (error instanceof Problem && error.status === 401) forgetSession();
      });
    };
    const timer = setInterval(renew, 30_000);
    document.addEventListener('visibilitychange', renew);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', renew);
    };
  }, []);
}
