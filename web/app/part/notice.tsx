// A sentence or two that must be seen: a glyph, a word and a colour, never a colour alone.
import type { ReactNode } from 'react';

const glyphs = { ok: '✓', warn: '!', bad: '×', info: 'i' } as const;

interface Props {
  readonly kind: keyof typeof glyphs;
  readonly title: string;
  readonly children?: ReactNode;
}

export function Notice({ kind, title, children }: Props) {
  return (
    <div className={`notice ${kind}`} role={kind === 'bad' ? 'alert' : 'status'}>
      <p className="notice-title">
        <span className="mono" aria-hidden="true">
          {glyphs[kind]}{' '}
        </span>
        {title}
      </p>
      {children}
    </div>
  );
}
