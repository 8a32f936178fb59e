// A button that copies a text, and says whether it could.
import { useState } from 'react';
import { Button } from './button.tsx';

interface Props {
  readonly text: string;
  /** What is copied: `the cursor`. */
  readonly name: string;
  readonly small?: boolean;
  readonly word?: string;
}

export function CopyButton({ text, name, small = false, word = 'Copy' }: Props) {
  const [said, setSaid] = useState<'' | 'Copied' | 'Select it and copy it by hand'>('');
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      setSaid('Copied');
    } catch {
      setSaid('Select it and copy it by hand');
    }
    setTimeout(() => setSaid(''), 4_000);
  }
  return (
    <>
      <Button small={small} label={said === 'Copied' ? said : `Copy ${name}`} onPress={copy}>
        {said === 'Copied' ? said : word}
      </Button>
      <span role="status" className="unseen">
        {said}
      </span>
    </>
  );
}
