// The first step of signing up: what the tenant is called, and who runs it.
import { useState } from 'react';
import type { Enrolment } from '../api/ceremony.ts';
import { send } from '../api/client.ts';
import { Problem } from '../api/problem.ts';
import { useAct } from '../part/act.ts';
import { Button } from '../part/button.tsx';
import { Failure } from '../part/failure.tsx';
import { TextField } from '../part/field.tsx';

export interface Begun extends Enrolment {
  readonly name: string;
  readonly expires_at: string;
}

const nothing = { name: '', slug: '', person: '', email: '' };

export function TenantStep({ onBegun }: { readonly onBegun: (begun: Begun) => void }) {
  const act = useAct();
  const [fields, setFields] = useState(nothing);
  const [slugIsOwn, setSlugIsOwn] = useState(false);
  const faults = act.error instanceof Problem ? act.error.faults : new Map<string, string>();
  const set = (name: keyof typeof nothing) => (value: string) => setFields({ ...fields, [name]: value });
  const begin = () =>
    act.run(async () => {
      const { name, slug, person, email } = trimmed(fields);
      const body = { name, slug, email, ...(person === '' ? {} : { person }) };
      onBegun({ ...(await send('POST /api/v1/signup/options', { body })), name });
    });
  const field = (name: keyof typeof nothing) => ({
    name,
    value: fields[name],
    onValue: set(name),
    fault: faults.get(name),
  });
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void begin();
      }}
    >
      <TextField
        {...field('name')}
        label="Name of the tenant"
        hint="Your company, team or project"
        required
        maxLength={200}
        onValue={(name) => setFields({ ...fields, name, slug: slugIsOwn ? fields.slug : slugOf(name) })}
      />
      <TextField
        {...field('slug')}
        label="Slug"
        hint="Lower-case letters, digits and hyphens; it cannot be changed"
        className="mono"
        required
        maxLength={64}
        pattern="[a-z0-9\-]+"
        onValue={(slug) => {
          setSlugIsOwn(slug !== '');
          set('slug')(slug);
        }}
      />
      <TextField {...field('person')} label="Your name" hint="As it stands in the log" required autoComplete="name" />
      <TextField
        {...field('email')}
        label="E-mail"
        hint="So that the people who run the server can reach you"
        type="email"
        required
        autoComplete="email"
      />
      {act.error === null ? null : <Failure error={act.error} />}
      <div className="line">
        <Button kind="main" submit busy={act.busy}>
          Continue
        </Button>
      </div>
    </form>
  );
}

function trimmed(fields: typeof nothing): typeof nothing {
  const { name, slug, person, email } = fields;
  return { name: name.trim(), slug: slug.trim(), person: person.trim(), email: email.trim() };
}

function slugOf(name: string): string {
  const plain = name.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
  return plain
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 64);
}
