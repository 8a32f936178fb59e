// The place of something that is on its way. It appears after 150 ms, so that what is quick does not flicker.
export function Skeleton({ label }: { readonly label: string }) {
  return (
    <div className="bones" role="status" aria-label={label}>
      <span />
      <span />
      <span />
    </div>
  );
}
