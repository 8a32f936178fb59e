// The name of the product, as a way home.
import { Link } from '@tanstack/react-router';

export function Brand() {
  return (
    <Link to="/" className="brand">
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d="M3 2v11.5h10" fill="none" stroke="#8098f0" strokeWidth="2" />
        <path d="M7 3h6M7 6.5h6M7 10h3.5" fill="none" stroke="currentColor" strokeWidth="1.4" />
      </svg>
      Loopledger
    </Link>
  );
}
