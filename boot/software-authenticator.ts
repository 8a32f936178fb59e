// The software authenticator of the demo and of the tests: not a real key. It does what a passkey does, without a device and
// without a person, and speaks to a server only through the requests that any client may make; the server knows nothing of it.
// It can be bent at every joint, for specs of forged and broken answers.
import { createHash, createSign, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

export interface AuthenticatorWish {
  readonly rpId: string;
  readonly origin: string;
  readonly algorithm?: 'ES256' | 'EdDSA';
  /** A synced passkey may be backed up, and counts nothing. */
  readonly synced?: boolean;
}

/** Of the options of a registration, what an authenticator looks at. */
export interface CreationOptions {
  readonly challenge: string;
  readonly user: { readonly id: string };
}

export interface RequestOptions {
  readonly challenge: string;
  readonly allowCredentials?: readonly { readonly id: string }[];
}

/** What takes the place of a part on its way; each is given the part as it should be. */
export interface Bend {
  readonly clientData?: (data: Record<string, unknown>) => unknown;
  readonly authData?: (data: Buffer) => Buffer;
  readonly attestation?: (parts: AttestationParts) => Buffer;
  readonly signature?: (signature: Buffer) => Buffer;
  readonly answer?: (answer: Answer) => unknown;
}

export interface AttestationParts {
  readonly authData: Buffer;
  readonly clientDataHash: Buffer;
  /** Puts an attestation object together; the format `none` needs no statement. */
  readonly encode: (authData: Buffer, format?: string, statement?: Buffer) => Buffer;
}

export interface Answer {
  readonly id: string;
  readonly rawId: string;
  readonly type: string;
  readonly response: Readonly<Record<string, unknown>>;
  readonly clientExtensionResults: object;
}

export interface EnrolledCredential {
  readonly credential_id: string;
  /** COSE, in base64url. */
  readonly public_key: string;
  readonly sign_count: number;
  readonly backup_eligible: boolean;
  readonly transports: string[];
}

interface Held {
  readonly id: string;
  readonly userHandle: string;
  readonly privateKey: KeyObject;
  readonly cose: Buffer;
  count: number;
}

export const flag = { present: 0x01, verified: 0x04, eligible: 0x08, backedUp: 0x10, attested: 0x40 } as const;

export class SoftAuthenticator {
  private readonly wish: AuthenticatorWish;
  private readonly held: Held[] = [];

  constructor(wish: AuthenticatorWish) {
    this.wish = wish;
  }

  /** A credential that a server may enrol at once, without a ceremony. */
  enrol(userHandle: string): EnrolledCredential {
    const held = this.make(userHandle);
    this.held.push(held);
    const { id: credential_id, cose } = held;
    const backup_eligible = this.wish.synced === true;
    return { credential_id, public_key: cose.toString('base64url'), sign_count: 0, backup_eligible, transports: [] };
  }

  register({ challenge, user }: CreationOptions, bend: Bend = {}): Answer {
    const held = this.make(user.id);
    this.held.push(held);
    const id = Buffer.from(held.id, 'base64url');
    const attested = Buffer.concat([Buffer.alloc(16), uint16(id.length), id, held.cose]);
    const plain = Buffer.concat([this.dataHead(held, flag.attested), attested]);
    const authData = bend.authData?.(plain) ?? plain;
    const encode = encodeAttestation;
    const clientData = this.clientData('webauthn.create', challenge, bend);
    const clientDataHash = createHash('sha256').update(clientData).digest();
    const object = bend.attestation?.({ authData, clientDataHash, encode }) ?? encode(authData);
    const response = {
      clientDataJSON: clientData.toString('base64url'),
      attestationObject: object.toString('base64url'),
      transports: ['internal'],
    };
    return this.answer(held, response, bend);
  }

  assert({ challenge, allowCredentials = [] }: RequestOptions, bend: Bend = {}): Answer {
    const allowed = allowCredentials.map(({ id }) => id);
    const held = this.held.findLast(({ id }) => allowed.length === 0 || allowed.includes(id));
    if (held === undefined) throw new Error('this authenticator holds no credential that is asked for');
    if (this.wish.synced !== true) held.count += 1;
    const plain = this.dataHead(held, 0);
    const authData = bend.authData?.(plain) ?? plain;
    const clientData = this.clientData('webauthn.get', challenge, bend);
    const signed = Buffer.concat([authData, createHash('sha256').update(clientData).digest()]);
    const signature = this.sign(held, signed);
    const response = {
      clientDataJSON: clientData.toString('base64url'),
      authenticatorData: authData.toString('base64url'),
      signature: (bend.signature?.(signature) ?? signature).toString('base64url'),
      userHandle: held.userHandle,
    };
    return this.answer(held, response, bend);
  }

  /** As if a copy of the device had been used elsewhere, or this one were the copy that stayed behind. */
  turnCounter(by: number): void {
    for (const held of this.held) held.count += by;
  }

  private make(userHandle: string): Held {
    const id = randomBytes(32).toString('base64url');
    const isEdwards = this.wish.algorithm === 'EdDSA';
    const { publicKey, privateKey } = isEdwards
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return { id, userHandle, privateKey, cose: coseOf(publicKey, isEdwards), count: 0 };
  }

  private dataHead({ count }: Held, more: number): Buffer {
    const backup = this.wish.synced === true ? flag.eligible | flag.backedUp : 0;
    const flags = flag.present | flag.verified | backup | more;
    return Buffer.concat([createHash('sha256').update(this.wish.rpId).digest(), Buffer.from([flags]), uint32(count)]);
  }

  private clientData(type: string, challenge: string, { clientData }: Bend): Buffer {
    const data = { type, challenge, origin: this.wish.origin, crossOrigin: false };
    return Buffer.from(JSON.stringify(clientData === undefined ? data : clientData(data)));
  }

  private sign({ privateKey }: Held, bytes: Buffer): Buffer {
    if (this.wish.algorithm === 'EdDSA') return sign(null, bytes, privateKey);
    return createSign('sha256').update(bytes).sign(privateKey);
  }

  private answer({ id }: Held, response: Record<string, unknown>, bend: Bend): Answer {
    const answer = { id, rawId: id, type: 'public-key', response, clientExtensionResults: {} };
    return (bend.answer?.(answer) ?? answer) as Answer;
  }
}

export function createAuthenticator(wish: AuthenticatorWish): SoftAuthenticator {
  return new SoftAuthenticator(wish);
}

function coseOf(publicKey: KeyObject, isEdwards: boolean): Buffer {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const bytes = (text: string) => Buffer.concat([Buffer.from([0x58, 32]), Buffer.from(text, 'base64url')]);
  if (isEdwards) return Buffer.concat([Buffer.from('a401010327200621', 'hex'), bytes(x)]);
  return Buffer.concat([Buffer.from('a501020326200121', 'hex'), bytes(x), Buffer.from([0x22]), bytes(y)]);
}

/** CBOR of `{fmt, attStmt, authData}`. */
function encodeAttestation(authData: Buffer, format = 'none', statement: Buffer = Buffer.from([0xa0])): Buffer {
  return Buffer.concat([
    Buffer.from([0xa3]),
    cborText('fmt'),
    cborText(format),
    cborText('attStmt'),
    statement,
    cborText('authData'),
    Buffer.from([0x59]),
    uint16(authData.length),
    authData,
  ]);
}

function cborText(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x60 + text.length]), Buffer.from(text)]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
