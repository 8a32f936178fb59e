// An address that is no page.
import { Link } from '@tanstack/react-router';
import { Entrance } from '../part/entrance.tsx';

export function Missing() {
  return (
    <Entrance
      title="There is no such page"
      lead="The address may have been shortened or mistyped."
      aside={<p>Objects that were deleted keep their history in the log; their pages are gone.</p>}
    >
      <p>
        <Link to="/">To the start</Link>
      </p>
    </Entrance>
  );
}
