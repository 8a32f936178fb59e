// Whether a list shows what is over. The choice is in the address, so that a link shows the same.
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Button } from './button.tsx';

export function useEnded(list: string): readonly [shown: boolean, toggle: () => Promise<void>] {
  const search: Readonly<Record<string, unknown>> = useSearch({ strict: false });
  const navigate = useNavigate();
  const shown = search[list] === 'all';
  const wanted = { ...search, [list]: shown ? undefined : 'all' };
  return [shown, () => navigate({ to: '.', search: wanted, replace: true, resetScroll: false })];
}

interface Props {
  readonly shown: boolean;
  readonly onToggle: () => Promise<void>;
  readonly what: string;
}

export function EndedToggle({ shown, onToggle, what }: Props) {
  return (
    <Button kind="quiet" small label={`${shown ? 'Hide' : 'Show'} ended ${what}`} onPress={onToggle}>
      {shown ? 'Hide ended' : 'Show ended'}
    </Button>
  );
}
