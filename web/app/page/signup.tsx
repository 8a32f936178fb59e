// Signing up: whose tenant it is, the authenticators, and the first key. The server knows nothing of it until the end.
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Entrance } from '../part/entrance.tsx';
import { Notice } from '../part/notice.tsx';
import { Secret } from '../part/secret.tsx';
import { Button } from '../part/button.tsx';
import { AuthenticatorsStep, type Founded } from '../signup/authenticators-step.tsx';
import { type Begun, TenantStep } from '../signup/tenant-step.tsx';

export default function Signup() {
  const [begun, setBegun] = useState<Begun | null>(null);
  const [founded, setFounded] = useState<Founded | null>(null);
  if (founded !== null) return <Done founded={founded} />;
  if (begun !== null) {
    return (
      <Entrance title="Your authenticators" lead="Step 2 of 2" aside={<Meaning />}>
        <AuthenticatorsStep begun={begun} onDone={setFounded} onBack={() => setBegun(null)} />
      </Entrance>
    );
  }
  return (
    <Entrance title="Sign up" lead="Step 1 of 2: a tenant of your own" aside={<Meaning />}>
      <TenantStep onBegun={setBegun} />
      <p className="soft">
        Signed up before? <Link to="/login">Sign in</Link>
      </p>
    </Entrance>
  );
}

function Meaning() {
  return (
    <>
      <section>
        <h2>What a passkey proves</h2>
        <p>
          That a person with this device was here and unlocked it. The secret never leaves the device; the server keeps
          a public key. There is no password to leak.
        </p>
      </section>
      <section>
        <h2>Why a person has to do this</h2>
        <p>
          Agents cannot touch a key. What only you may decide (whom to trust, which agents get a root dispatch, when
          custody opens again) is confirmed by a touch, and each touch is good for one act.
        </p>
      </section>
      <section>
        <h2>Have two</h2>
        <p>If you lose your only authenticator nobody can let you in again, not even the people who run the server.</p>
      </section>
    </>
  );
}

function Done({ founded }: { readonly founded: Founded }) {
  const navigate = useNavigate();
  const { tenant, key } = founded;
  return (
    <Entrance title={`${tenant.name} is founded`} lead="Here is its first API key." aside={<FirstCall />}>
      <Notice kind="warn" title="This is the only time it is shown">
        <p>Store it now. It may do all that you may, but for what takes your authenticator.</p>
      </Notice>
      <Secret text={key.secret} name="the API key" />
      <div className="line">
        <Button kind="main" onPress={() => navigate({ to: '/login' })}>
          I have stored it, sign me in
        </Button>
      </div>
    </Entrance>
  );
}

function FirstCall() {
  return (
    <section className="stack">
      <h2>Try it</h2>
      <code className="command" tabIndex={0}>
        {`export KEY=…\ncurl -s ${location.origin}/api/v1/whoami \\\n  -H "Authorization: Bearer $KEY"`}
      </code>
      <p>Agents get keys and dispatches of their own. Keep this one for yourself and your scripts.</p>
    </section>
  );
}
