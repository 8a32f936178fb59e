// Refusal: the one error class for everything that a caller did or can mend. Anything else is a bug.

export const refusalStatus = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  missing: 404,
  unmatched: 405,
  late: 408,
  conflict: 409,
  gone: 410,
  stale: 412,
  oversized: 413,
  overlong: 414,
  unsupported: 415,
  unmet: 417,
  rejected: 422,
  upgradable: 426,
  limited: 429,
  swollen: 431,
  unavailable: 503,
} as const;

export type RefusalKind = keyof typeof refusalStatus;

/** One faulty place of a request. `pointer` is an RFC 6901 JSON pointer into the part that `in` names. */
export interface RefusalField {
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
}

export interface RefusalExtra {
  readonly errors?: readonly RefusalField[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the problem document, such as `current_version` or `blockers`. */
  readonly members?: Readonly<Record<string, unknown>>;
  /** What would succeed instead; shown as a remedy with the calls to make. */
  readonly nextActs?: {
    readonly storyId: string;
    readonly acts: readonly { readonly act: string; readonly capability: string | null }[];
  };
}

export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly kind: RefusalKind;
  readonly code: string;
  readonly extra: RefusalExtra;

  constructor(kind: RefusalKind, code: string, detail: string, extra: RefusalExtra = {}) {
    // An answer, and not a bug: nobody reads where it was made, and to find that out takes longer than to decide.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(detail);
    Error.stackTraceLimit = stackTraceLimit;
    this.kind = kind;
    this.code = code;
    this.extra = extra;
  }

  get status(): number {
    return refusalStatus[this.kind];
  }
}

/** What a noun declares for each code that it can refuse with; rendered to docs/errors.md. */
export interface RefusalCode {
  readonly kind: RefusalKind;
  readonly title: string;
  /** What the caller can do about it. */
  readonly remedy: string;
}

/** Declares a noun's codes once; the returned function makes a refusal of one of them. */
export function defineRefusals<Codes extends Record<string, RefusalCode>>(
  codes: Codes,
): { readonly codes: Codes; refuse(code: keyof Codes & string, detail: string, extra?: RefusalExtra): Refusal } {
  return {
    codes,
    refuse(code, detail, extra) {
      const declared = codes[code] as RefusalCode;
      return new Refusal(declared.kind, code, detail, extra);
    },
  };
}
