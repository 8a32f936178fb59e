// A state in one word.
const glyphs = { ok: '●', warn: '▲', bad: '■', info: '◆', still: '○' } as const;

export function Badge({ kind, word }: { readonly kind: keyof typeof glyphs; readonly word: string }) {
  return (
    <span className={`badge ${kind}`}>
      <span aria-hidden="true">{glyphs[kind]}</span>
      {word}
    </span>
  );
}

const kinds: Readonly<Record<string, keyof typeof glyphs>> = {
  active: 'ok',
  revoked: 'still',
  expired: 'still',
  delivered: 'ok',
  pending: 'info',
  failed: 'bad',
  held: 'warn',
};

export function StatusBadge({ status }: { readonly status: string }) {
  return <Badge kind={kinds[status] ?? 'still'} word={status} />;
}
