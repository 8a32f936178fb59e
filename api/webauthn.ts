// WebAuthn: the options that authenticators answer, and the checks of their answers. The library checks what the standard
// lists; what it leaves to its callers is checked here. Whatever is wrong, the caller hears one and the same refusal.
import { type Static, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import { isId } from '../kernel/id.ts';
import { ceremonyFailed } from '../policies/authenticator.ts';

export interface RelyingParty {
  /** A domain, or localhost. */
  readonly id: string;
  readonly name: string;
  /** Compared exactly. */
  readonly origins: readonly string[];
}

/** As COSE numbers them: EdDSA, ES256, RS256. */
const algorithms = [-8, -7, -257];
const answerMs = 300_000;
const bytes = (maxLength: number) => Type.String({ pattern: '^[A-Za-z0-9_-]+$', minLength: 1, maxLength });

const Registration = Type.Object({
  id: bytes(1_400),
  rawId: bytes(1_400),
  type: Type.Literal('public-key'),
  response: Type.Object({
    clientDataJSON: bytes(8_192),
    attestationObject: bytes(16_384),
    transports: Type.Optional(Type.Array(Type.String({ pattern: '^[a-z-]{1,20}$' }), { maxItems: 8 })),
  }),
});
const Assertion = Type.Object({
  id: bytes(1_400),
  rawId: bytes(1_400),
  type: Type.Literal('public-key'),
  response: Type.Object({
    clientDataJSON: bytes(8_192),
    authenticatorData: bytes(8_192),
    signature: bytes(2_048),
    userHandle: Type.Optional(Type.Union([bytes(86), Type.Null()])),
  }),
});
/** Of the members that browsers add, those that would mean that the answer was made for a page inside another one. */
const ClientData = Type.Object({
  crossOrigin: Type.Optional(Type.Literal(false)),
  topOrigin: Type.Optional(Type.Undefined()),
  tokenBinding: Type.Optional(Type.Object({ status: Type.Enum(['supported', 'not-supported']) })),
});

/** Read when the first ceremony is finished: it is a seventh of what a server reads. */
async function readLibrary() {
  const [library, helpers] = await Promise.all([
    import('@simplewebauthn/server'),
    import('@simplewebauthn/server/helpers'),
  ]);
  return { ...library, ...helpers };
}
type Library = Awaited<ReturnType<typeof readLibrary>>;

export interface NewCredential {
  readonly credential_id: string;
  readonly public_key: string;
  readonly sign_count: number;
  readonly backup_eligible: boolean;
  readonly transports: string[];
}

interface Person {
  readonly handle: string;
  readonly name: string;
  readonly displayName: string;
}

export function creationOptions(party: RelyingParty, challenge: string, user: Person, known: readonly string[] = []) {
  return {
    rp: { id: party.id, name: party.name },
    user: { id: user.handle, name: user.name, displayName: user.displayName },
    challenge,
    pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
    timeout: answerMs,
    excludeCredentials: known.map((id) => ({ type: 'public-key', id })),
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    attestation: 'none',
  };
}

/** Without a list of credentials the device offers those that it has for us, and nobody learns which accounts exist. */
export function requestOptions(
  party: RelyingParty,
  challenge: string,
  allowed: readonly { readonly credential_id: string; readonly transports: readonly string[] }[] = [],
) {
  const allowCredentials = allowed.map(({ credential_id: id, transports }) => ({ type: 'public-key', id, transports }));
  return { rpId: party.id, challenge, timeout: answerMs, userVerification: 'required', allowCredentials };
}

const handleBytes = 32;

/** Tenant and operator: whoever signs in tells both by it, and it tells nothing about the person. */
export function userHandle(tenantId: string, operatorId: string): string {
  return Buffer.from(`${tenantId}${operatorId}`.replaceAll('-', ''), 'hex').toString('base64url');
}

/** Null when it is not one of ours. */
export function tenantOfHandle(handle: string): string | null {
  const hex = Buffer.from(handle, 'base64url').toString('hex');
  const tenantId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
  return hex.length === handleBytes * 2 && isId(tenantId) ? tenantId : null;
}

export async function checkRegistration(
  party: RelyingParty,
  challenge: string,
  answer: unknown,
): Promise<NewCredential> {
  return orFail(async () => {
    const response = fitting(Registration, answer);
    requireOwnPage(response.response.clientDataJSON);
    const library = await readLibrary();
    requirePlainAttestation(library, response.response.attestationObject);
    const { verified, registrationInfo } = await library.verifyRegistrationResponse({
      response: { ...response, clientExtensionResults: {} },
      expectedChallenge: challenge,
      expectedOrigin: [...party.origins],
      expectedRPID: party.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: algorithms,
    });
    if (!verified || registrationInfo === undefined) throw ceremonyFailed();
    const { credential, credentialDeviceType } = registrationInfo;
    // The library takes the id from the authenticator and never looks at the one beside it.
    if (credential.id !== response.id) throw ceremonyFailed();
    return {
      credential_id: credential.id,
      public_key: Buffer.from(credential.publicKey).toString('base64url'),
      sign_count: credential.counter,
      backup_eligible: credentialDeviceType === 'multiDevice',
      transports: response.response.transports ?? [],
    };
  });
}

export type AssertionAnswer = Static<typeof Assertion>;

/** Its form alone; what it says is not believed yet. */
export function readAssertion(answer: unknown): AssertionAnswer {
  return fitting(Assertion, answer);
}

interface KnownCredential {
  readonly credential_id: string;
  readonly public_key: string;
  readonly sign_count: number;
}

export interface CheckedAssertion {
  readonly sign_count: number;
  readonly backup_eligible: boolean;
  readonly backed_up: boolean;
}

export async function checkAssertion(
  party: RelyingParty,
  challenge: string,
  credential: KnownCredential,
  response: AssertionAnswer,
): Promise<CheckedAssertion> {
  return orFail(async () => {
    requireOwnPage(response.response.clientDataJSON);
    const library = await readLibrary();
    requireWholeSignature(library, credential.public_key, response.response.signature);
    const { verified, authenticationInfo } = await library.verifyAuthenticationResponse({
      response: { ...response, clientExtensionResults: {} } as never,
      expectedChallenge: challenge,
      expectedOrigin: [...party.origins],
      expectedRPID: party.id,
      requireUserVerification: true,
      credential: {
        id: credential.credential_id,
        publicKey: new Uint8Array(Buffer.from(credential.public_key, 'base64url')),
        counter: credential.sign_count,
      },
    });
    if (!verified) throw ceremonyFailed();
    const { newCounter, credentialDeviceType, credentialBackedUp } = authenticationInfo;
    return {
      sign_count: newCounter,
      backup_eligible: credentialDeviceType === 'multiDevice',
      backed_up: credentialBackedUp,
    };
  });
}

async function orFail<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch {
    throw ceremonyFailed();
  }
}

function fitting<Shape extends TSchema>(shape: Shape, value: unknown): Static<Shape> {
  if (!Value.Check(shape, value)) throw ceremonyFailed();
  return value;
}

function requireOwnPage(clientDataJSON: string): void {
  fitting(ClientData, JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString()));
}

/** The library reads a DER signature up to its end and forgives what stands behind it. */
function requireWholeSignature({ cose, COSEALG, ...library }: Library, publicKey: string, signature: string) {
  const credential = library.decodeCredentialPublicKey(new Uint8Array(Buffer.from(publicKey, 'base64url')));
  const algorithm = credential.get(cose.COSEKEYS.alg);
  const der = Buffer.from(signature, 'base64url');
  const isWhole = der[0] === 0x30 && der[1] === der.length - 2;
  if (algorithm === COSEALG.ES256 && !isWhole) throw ceremonyFailed();
}

/** We ask for no attestation. One with certificates would make the library fetch what they point at. */
function requirePlainAttestation({ decodeAttestationObject }: Library, attestationObject: string): void {
  const attestation = decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, 'base64url')));
  const format = attestation.get('fmt');
  const isSelf = format === 'packed' && attestation.get('attStmt').get('x5c') === undefined;
  if (format !== 'none' && !isSelf) throw ceremonyFailed();
}
