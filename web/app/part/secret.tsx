// A secret that is shown once, with a button that copies it.
import { CopyButton } from './copy.tsx';

export function Secret({ text, name }: { readonly text: string; readonly name: string }) {
  return (
    <div className="secret">
      <code aria-label={name}>{text}</code>
      <CopyButton text={text} name={name} />
    </div>
  );
}
