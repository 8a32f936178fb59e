// A secret that is shown once, with a button that copies it.
import { useState } from 'react';
import { Button } from './button.tsx';

export function Secret({ text, name }: { readonly text: string; readonly name: string }) {
  const [copied, setCopied] = useState<'' | 'Copied' | 'Select it and copy it by hand'>('');
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      setCopied('Copied');
    } catch {
      setCopied('Select it and copy it by hand');
    }
  }
  return (
    <div className="stack">
      <div className="secret">
        <code aria-label={name}>{text}</code>
        <Button label={`Copy ${name}`} onPress={copy}>
          {copied === 'Copied' ? 'Copied' : 'Copy'}
        </Button>
      </div>
      <p role="status" className="unseen">
        {copied}
      </p>
    </div>
  );
}
