// What a page shows is in its address, so that a link shows the same.
import { useNavigate, useSearch } from '@tanstack/react-router';

export interface Address {
  readonly read: (name: string) => string | undefined;
  /** Undefined takes a name out of the address. */
  readonly write: (changes: Readonly<Record<string, string | undefined>>) => Promise<void>;
}

export function useAddress(): Address {
  const search: Readonly<Record<string, unknown>> = useSearch({ strict: false });
  const navigate = useNavigate();
  return {
    read(name) {
      const value = search[name];
      return typeof value === 'string' && value !== '' ? value : undefined;
    },
    write: (changes) => navigate({ to: '.', search: { ...search, ...changes }, replace: true, resetScroll: false }),
  };
}
