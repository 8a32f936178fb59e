// A button that runs what it is given once at a time, and says so while it runs.
import { type ReactNode, useRef, useState } from 'react';

interface Props {
  readonly kind?: 'main' | 'danger' | 'quiet' | 'plain';
  readonly small?: boolean;
  readonly submit?: boolean;
  readonly busy?: boolean;
  readonly label?: string;
  readonly onPress?: () => unknown;
  readonly children: ReactNode;
}

export function Button({
  kind = 'plain',
  small = false,
  submit = false,
  busy = false,
  label,
  onPress,
  children,
}: Props) {
  const [running, setRunning] = useState(false);
  const pressed = useRef(false);
  const isBusy = busy || running;
  async function press() {
    if (isBusy || pressed.current || onPress === undefined) return;
    pressed.current = true;
    setRunning(true);
    try {
      await onPress();
    } finally {
      pressed.current = false;
      setRunning(false);
    }
  }
  return (
    <button
      type={submit ? 'submit' : 'button'}
      className={['button', kind, small && 'small'].filter(Boolean).join(' ')}
      aria-label={label}
      aria-disabled={isBusy}
      onClick={() => void press()}
    >
      {children}
    </button>
  );
}
