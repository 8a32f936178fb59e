// A named statement: prepared once per connection under a name that is bound to its text.
import { createHash } from 'node:crypto';

export interface Statement {
  readonly name: string;
  readonly text: string;
  /** For a statement with more work than the pool allows others; shorter ones do not count. */
  readonly timeoutMs?: number;
}

/** The name carries a digest of the text, so two versions of the software never mean different SQL by one name. */
export function statement(name: string, text: string): Statement {
  return { name: `${name}_${createHash('sha256').update(text).digest('hex').slice(0, 12)}`, text };
}
