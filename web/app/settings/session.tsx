// Whose session this is.
import { signOut, useSession } from '../api/session.ts';
import { Button } from '../part/button.tsx';
import { useAct } from '../part/act.ts';
import { Failure } from '../part/failure.tsx';
import { Section } from '../part/section.tsx';

export function SessionSection() {
  const { data: session } = useSession();
  const act = useAct();
  if (session === undefined || session === null) return null;
  const { tenant, operator } = session;
  return (
    <Section
      id="session"
      title="Session"
      text="It ends after a quarter of an hour without you, and twelve hours after you signed in."
      acts={
        <Button small busy={act.busy} onPress={() => act.run(signOut)}>
          End this session
        </Button>
      }
    >
      <div className="panel-body stack">
        {act.error === null ? null : <Failure error={act.error} />}
        <dl className="facts">
          <dt>Person</dt>
          <dd>
            {operator.name} · {operator.email}
          </dd>
          <dt>Tenant</dt>
          <dd>
            {tenant.name} · <code>{tenant.slug}</code>
          </dd>
          <dt>Tenant id</dt>
          <dd>
            <code>{tenant.id}</code>
          </dd>
          <dt>Session id</dt>
          <dd>
            <code>{session.id}</code>
          </dd>
        </dl>
      </div>
    </Section>
  );
}
