// What a hardening check reports: an empty list is the only good answer.

export interface Finding {
  readonly check: string;
  readonly object: string;
  readonly detail: string;
}

/** A finding that is meant to be so. `object` may end in `*`; where the detail matters it is pinned too. */
export interface Exception {
  readonly check: string;
  readonly object: string;
  readonly detail?: string;
  readonly reason: string;
}

function covers(exception: Exception, finding: Finding): boolean {
  if (exception.check !== finding.check) return false;
  if (exception.detail !== undefined && exception.detail !== finding.detail) return false;
  if (!exception.object.endsWith('*')) return exception.object === finding.object;
  return finding.object.startsWith(exception.object.slice(0, -1));
}

/** What is left of the findings; an exception that excuses nothing any more is a finding too. */
export function withoutExceptions(findings: readonly Finding[], exceptions: readonly Exception[]): Finding[] {
  const stale = exceptions
    .filter((exception) => !findings.some((finding) => covers(exception, finding)))
    .map(({ check, object }) => ({ check: 'exception-stale', object, detail: `excuses nothing of ${check}` }));
  return [...findings.filter((finding) => !exceptions.some((exception) => covers(exception, finding))), ...stale];
}
