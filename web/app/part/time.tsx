// Times as people read them; the exact one is in the tooltip and for machines.
const format = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

interface Props {
  readonly at: string | null;
  readonly seconds?: boolean;
}

export function Time({ at, seconds = false }: Props) {
  if (at === null) return <span className="soft">never</span>;
  return (
    <time dateTime={at} title={at}>
      {(seconds ? exact : format).format(new Date(at))}
    </time>
  );
}
