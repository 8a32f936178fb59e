// A native dialog: Escape closes it, the focus stays inside and returns to what opened it.
import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';

interface Props {
  readonly title: string;
  readonly onClose: () => void;
  /** Whoever closes this by accident loses something. */
  readonly keep?: boolean;
  readonly wide?: boolean;
  readonly onSubmit?: () => void;
  readonly acts: ReactNode;
  readonly children: ReactNode;
}

export function Dialog({ title, onClose, keep = false, wide = false, onSubmit, acts, children }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // Closed before it leaves the document: only then the browser gives the focus back.
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={element}
      className={wide ? 'wide' : ''}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        if (!keep) onClose();
      }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit?.();
        }}
      >
        <div className="dialog-body">
          <h2 id={titleId}>{title}</h2>
          {children}
        </div>
        <div className="dialog-acts">{acts}</div>
      </form>
    </dialog>
  );
}
