// Whether custody is open. When evidence halted it, a person looks at the evidence and opens it again.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { sendConfirmed } from '../api/ceremony.ts';
import { type Halt, send } from '../api/client.ts';
import { readAgain } from '../api/list.ts';
import { Badge } from '../part/badge.tsx';
import { Button } from '../part/button.tsx';
import { Confirm } from '../part/confirm.tsx';
import { Failure } from '../part/failure.tsx';
import { Section } from '../part/section.tsx';
import { Skeleton } from '../part/skeleton.tsx';
import { Time } from '../part/time.tsx';

const operation = 'GET /api/v1/halt';

export function CustodySection() {
  const { data: halt, error, refetch } = useQuery({ queryKey: [operation], queryFn: () => send(operation, {}) });
  return (
    <Section
      id="custody"
      title="Custody"
      text="Claims, reviews and verifications stand still when evidence shows that the log is not what it was."
    >
      {halt === undefined && error !== null ? (
        <div className="panel-body">
          <Failure error={error} retry={refetch} />
        </div>
      ) : null}
      {halt === undefined && error === null ? <Skeleton label="Loading: custody" /> : null}
      {halt === undefined ? null : <State halt={halt} />}
    </Section>
  );
}

function State({ halt }: { readonly halt: Halt }) {
  const [lifting, setLifting] = useState(false);
  const { halted, halted_at, evidence_hash, evidence } = halt;
  if (!halted || evidence_hash === null) {
    return (
      <div className="panel-body line">
        <Badge kind="ok" word="open" />
        <span className="soft">No evidence against the log.</span>
      </div>
    );
  }
  return (
    <div className="panel-body stack">
      <div className="line">
        <Badge kind="bad" word="halted" />
        <span className="soft">
          since <Time at={halted_at} />
        </span>
      </div>
      <dl className="facts">
        <dt>Evidence hash</dt>
        <dd>
          <code>{evidence_hash}</code>
        </dd>
      </dl>
      <code className="command" tabIndex={0} role="group" aria-label="Evidence">
        {JSON.stringify(evidence, null, 2)}
      </code>
      <div className="line">
        <Button kind="danger" onPress={() => setLifting(true)}>
          Lift the halt …
        </Button>
      </div>
      {lifting ? <Lift evidenceHash={evidence_hash} onClose={() => setLifting(false)} /> : null}
    </div>
  );
}

function Lift({ evidenceHash, onClose }: { readonly evidenceHash: string; readonly onClose: () => void }) {
  return (
    <Confirm
      title="Lift the halt?"
      verb="Lift the halt"
      danger
      touch="open custody again"
      onClose={onClose}
      run={async () => {
        await sendConfirmed('POST /api/v1/halt/lift', { body: { evidence_hash: evidenceHash } });
        await readAgain(operation);
      }}
    >
      <p>
        Do it when you know what happened to the log. The evidence stays on record, and the same evidence does not halt
        the tenant again.
      </p>
    </Confirm>
  );
}
