// Asks before something that cannot be taken back, and says what a touch of the authenticator will confirm.
import type { ReactNode } from 'react';
import { useAct } from './act.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { Failure } from './failure.tsx';

interface Props {
  readonly title: string;
  readonly verb: string;
  readonly danger?: boolean;
  /** What the touch is for: `revoke the authenticator “laptop”`. Without it, no authenticator is asked. */
  readonly touch?: string;
  readonly run: () => Promise<unknown>;
  readonly onClose: () => void;
  /** After it was done; without it, the dialog closes. */
  readonly onDone?: () => void;
  readonly children: ReactNode;
}

export function Confirm({ title, verb, danger = false, touch, run, onClose, onDone = onClose, children }: Props) {
  const act = useAct();
  const confirm = () =>
    act.run(async () => {
      await run();
      onDone();
    });
  return (
    <Dialog
      title={title}
      onClose={onClose}
      onSubmit={() => void confirm()}
      acts={
        <>
          <Button kind="quiet" onPress={onClose}>
            Cancel
          </Button>
          <Button kind={danger ? 'danger' : 'main'} submit busy={act.busy}>
            {act.busy && touch !== undefined ? 'Waiting for your authenticator …' : verb}
          </Button>
        </>
      }
    >
      {children}
      {touch === undefined ? null : <Touch purpose={touch} />}
      {act.error === null ? null : <Failure error={act.error} />}
    </Dialog>
  );
}

export function Touch({ purpose }: { readonly purpose: string }) {
  return (
    <p className="soft">
      Your browser will ask for your authenticator. Touch it to {purpose}. The confirmation is good once, for this
      alone.
    </p>
  );
}
