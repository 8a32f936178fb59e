// What went wrong, for people: the server's problem documents and the browser's own refusals, each with what to do.
import { WebAuthnError } from '@simplewebauthn/browser';

interface ProblemDocument {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly requestId: string | null;
  /** By the name of the member that is at fault. */
  readonly faults: ReadonlyMap<string, string>;

  constructor(document: ProblemDocument, requestId: string | null) {
    super(document.detail);
    this.status = document.status;
    this.code = document.code;
    this.title = document.title;
    this.requestId = requestId;
    this.faults = new Map(document.errors?.map(({ pointer, detail }) => [pointer.split('/')[1] ?? '', detail]));
  }
}

export interface Explained {
  readonly title: string;
  readonly remedy: string;
  readonly requestId: string | null;
}

const remedies: Readonly<Record<string, string>> = {
  ceremony_failed:
    'The server did not accept this authenticator. It may be unknown here, revoked, a copy of another one, or it did not check who you are. Try again with an authenticator that you enrolled.',
  tenant_slug_taken: 'Another tenant has this slug. Choose another one and begin again.',
  authenticator_last: 'Enrol another authenticator first. Without any, nobody could ever sign in again.',
  authenticator_known: 'Use another device, or another passkey on this one. A revoked passkey does not come back.',
  authenticator_limit: 'A tenant has at most five authenticators. Revoke one that you no longer use.',
  step_up_required: 'This act needs your authenticator. Begin again, and confirm when your browser asks.',
  key_last_user: 'Create another key of the role user first. Scripts that hold this one would be locked out.',
  webhook_disabled: 'Nothing is sent to a disabled webhook. Enable it first.',
  webhook_limit: 'A tenant has at most 50 webhooks. Delete one that is not used any more.',
  webhook_not_found: 'It was deleted. Its history stays in the log.',
  delivery_not_found: 'It belongs to another webhook, or is kept no longer.',
  origin_forbidden: 'Open the pages at the address that the server is configured for.',
  unauthenticated: 'Your session is over. Sign in again.',
  rate_limited: 'Too many tries from here. Wait a minute, then try again.',
};

const unheard: Explained = {
  title: 'The server did not answer',
  remedy: 'Check that it runs and that you are connected, then try again.',
  requestId: null,
};

const browserRefusals: Readonly<Record<string, Omit<Explained, 'requestId'>>> = {
  NotAllowedError: {
    title: 'Nothing was confirmed',
    remedy:
      'The prompt was closed, took too long, or no authenticator here could answer it. Use the device that you enrolled, with its PIN, fingerprint or face, and try again.',
  },
  InvalidStateError: {
    title: 'This authenticator is enrolled already',
    remedy: 'Use another device or another security key.',
  },
  SecurityError: {
    title: 'Passkeys do not work at this address',
    remedy:
      'Open the pages at the address that the server is configured for, by its name and over https or on localhost.',
  },
  NotSupportedError: {
    title: 'This authenticator cannot be used',
    remedy: 'Use one that keeps passkeys and checks who you are by PIN, fingerprint or face.',
  },
  AbortError: { title: 'The prompt was closed', remedy: 'Try again, and answer the prompt of your browser.' },
};

export function explain(error: unknown): Explained {
  if (error instanceof Problem) {
    const { code, title, message, requestId } = error;
    return { title, remedy: remedies[code] ?? message, requestId };
  }
  const name = error instanceof WebAuthnError || error instanceof DOMException ? error.name : '';
  const refusal = browserRefusals[name];
  return refusal === undefined ? unheard : { ...refusal, requestId: null };
}
