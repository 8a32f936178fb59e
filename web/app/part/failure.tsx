// What failed, what to do about it, and the id that finds it in the server's log.
import { explain } from '../api/problem.ts';
import { Button } from './button.tsx';
import { Notice } from './notice.tsx';

interface Props {
  readonly error: unknown;
  readonly retry?: () => unknown;
}

export function Failure({ error, retry }: Props) {
  const { title, remedy, requestId } = explain(error);
  return (
    <Notice kind="bad" title={title}>
      <p>{remedy}</p>
      {requestId === null ? null : (
        <p className="small">
          Request <code>{requestId}</code>
        </p>
      )}
      {retry === undefined ? null : (
        <div className="line">
          <Button small onPress={retry}>
            Try again
          </Button>
        </div>
      )}
    </Notice>
  );
}
