// The way in: to the settings with a session, to sign in without.
import { Navigate } from '@tanstack/react-router';
import { useSession } from '../api/session.ts';
import { Failure } from '../part/failure.tsx';
import { Skeleton } from '../part/skeleton.tsx';

export default function Start() {
  const { data: session, error, refetch } = useSession();
  if (error !== null) return <Failure error={error} retry={refetch} />;
  if (session === undefined) return <Skeleton label="Looking for your session" />;
  return <Navigate to={session === null ? '/login' : '/settings'} replace />;
}
