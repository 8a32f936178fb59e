// Signing in: one button, one touch.
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { signIn } from '../api/ceremony.ts';
import { changeSession } from '../api/session.ts';
import { useAct } from '../part/act.ts';
import { Button } from '../part/button.tsx';
import { Entrance } from '../part/entrance.tsx';
import { Failure } from '../part/failure.tsx';

export default function Login() {
  const act = useAct();
  const navigate = useNavigate();
  const { next }: Readonly<Record<string, unknown>> = useSearch({ strict: false });
  const enter = () =>
    act.run(async () => {
      await signIn();
      await changeSession();
      await navigate({ to: placeOf(next), replace: true });
    });
  return (
    <Entrance title="Sign in" lead="With an authenticator that you enrolled." aside={<Meaning />}>
      {act.error === null ? null : <Failure error={act.error} />}
      <div className="line">
        <Button kind="main" busy={act.busy} onPress={enter}>
          {act.busy ? 'Waiting for your authenticator …' : 'Sign in with a passkey'}
        </Button>
      </div>
      <p className="soft">
        No tenant yet? <Link to="/signup">Sign up</Link>
      </p>
    </Entrance>
  );
}

/** Only places of these pages: an address with a host would lead somewhere else. */
function placeOf(next: unknown): string {
  return typeof next === 'string' && /^\/(?![/\\])/.test(next) ? next : '/settings';
}

function Meaning() {
  return (
    <>
      <section>
        <h2>No name, no password</h2>
        <p>Your authenticator knows which tenant and person it belongs to. Nobody can try names out here.</p>
      </section>
      <section>
        <h2>What a session is</h2>
        <p>
          A cookie that no script can read. It ends after a quarter of an hour without you, and after twelve hours in
          any case. Acts that change whom to trust ask for your authenticator again.
        </p>
      </section>
      <section>
        <h2>Agents do not sign in here</h2>
        <p>They use API keys and dispatches, which you hand out in the settings.</p>
      </section>
    </>
  );
}
