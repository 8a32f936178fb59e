// Times as people read them; the exact one is in the tooltip and for machines.
const format = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

export function Time({ at }: { readonly at: string | null }) {
  if (at === null) return <span className="soft">never</span>;
  return (
    <time dateTime={at} title={at}>
      {format.format(new Date(at))}
    </time>
  );
}
