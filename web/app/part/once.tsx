// The one time that a secret is shown: nobody leaves by accident.
import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { Notice } from './notice.tsx';
import { Secret } from './secret.tsx';

interface Props {
  readonly title: string;
  readonly name: string;
  readonly secret: string;
  /** Where it belongs, and what the server keeps of it. */
  readonly meaning?: string;
  readonly onClose: () => void;
  readonly children?: ReactNode;
}

const ofKeys =
  'Store it where your agent or script reads its secrets. The server keeps a hash of it and cannot show it again.';

export function ShownOnce({ title, name, secret, meaning = ofKeys, onClose, children }: Props) {
  return (
    <Dialog
      title={title}
      keep
      onClose={onClose}
      acts={
        <Button kind="main" onPress={onClose}>
          I have stored it
        </Button>
      }
    >
      <Notice kind="warn" title="This is the only time it is shown">
        <p>{meaning}</p>
      </Notice>
      <Secret text={secret} name={name} />
      {children}
    </Dialog>
  );
}
