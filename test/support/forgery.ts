// Forged and broken answers of authenticators, each with one thing wrong. None of them may be accepted.
import { vouchFor } from './device-maker.ts';
import { randomBytes } from 'node:crypto';
import { type Answer, type Bend, flag } from '../../boot/software-authenticator.ts';

export type Forgeries = Readonly<Record<string, Bend>>;

const flagsAt = 32;
const countAt = 33;

function withFlags(change: (flags: number) => number): Bend {
  return {
    authData(data) {
      const bent = Buffer.from(data);
      bent[flagsAt] = change(data[flagsAt] as number);
      return bent;
    },
  };
}

function withClientData(change: Record<string, unknown>): Bend {
  return { clientData: (data) => ({ ...data, ...change }) };
}

function withAnswer(change: Record<string, unknown>): Bend {
  return { answer: (answer) => ({ ...answer, ...change }) };
}

function withResponse(change: (response: Readonly<Record<string, unknown>>) => Record<string, unknown>): Bend {
  return { answer: (answer) => ({ ...answer, response: { ...answer.response, ...change(answer.response) } }) };
}

function flip(bytes: Buffer, at: number): Buffer {
  const bent = Buffer.from(bytes);
  bent[at] = (bent[at] as number) ^ 1;
  return bent;
}

const stranger = randomBytes(32).toString('base64url');

/** Wrong in a registration as in an assertion. */
const common: Forgeries = {
  'another origin': withClientData({ origin: 'https://evil.example' }),
  'an origin that only begins like ours': withClientData({ origin: 'http://localhost:4000.evil.example' }),
  'our origin with a slash': withClientData({ origin: 'http://localhost:4000/' }),
  'our host with another port': withClientData({ origin: 'http://localhost:4001' }),
  'our host over https': withClientData({ origin: 'https://localhost:4000' }),
  'no origin': withClientData({ origin: undefined }),
  'a list of origins': withClientData({ origin: ['http://localhost:4000'] }),
  'another challenge': withClientData({ challenge: stranger }),
  'an empty challenge': withClientData({ challenge: '' }),
  'a challenge with padding': { clientData: (data) => ({ ...data, challenge: `${String(data['challenge'])}=` }) },
  'a page inside another one': withClientData({ crossOrigin: true }),
  'a page inside another one, by its name': withClientData({ topOrigin: 'https://evil.example' }),
  'crossOrigin as text': withClientData({ crossOrigin: 'false' }),
  'a token binding': withClientData({ tokenBinding: { status: 'present', id: 'x' } }),
  'a token binding without sense': withClientData({ tokenBinding: 'present' }),
  'another type': withClientData({ type: 'payment.get' }),
  'no type': withClientData({ type: undefined }),
  'client data that is a list': { clientData: (data) => [data] },
  'client data that is null': { clientData: () => null },
  'another RP id': { authData: (data) => flip(data, 0) },
  'nobody present': withFlags((flags) => flags & ~flag.present),
  'nobody verified': withFlags((flags) => flags & ~flag.verified),
  'backed up, but not to be': withFlags((flags) => (flags & ~flag.eligible) | flag.backedUp),
  'extensions that are not there': withFlags((flags) => flags | 0x80),
  'authenticator data cut off': { authData: (data) => data.subarray(0, 36) },
  'authenticator data with more behind it': { authData: (data) => Buffer.concat([data, Buffer.from([0])]) },
  'no authenticator data': { authData: () => Buffer.alloc(0) },
  'an id that is not the raw one': withAnswer({ rawId: stranger }),
  'an id with padding': { answer: (answer) => ({ ...answer, id: `${answer.id}=`, rawId: `${answer.id}=` }) },
  'an empty id': withAnswer({ id: '', rawId: '' }),
  'a type of credential that is none': withAnswer({ type: 'password' }),
  'no response': withAnswer({ response: undefined }),
  'client data that is no JSON': withResponse(() => ({ clientDataJSON: 'bm90IGpzb24' })),
  'client data that is no text': withResponse(() => ({ clientDataJSON: 7 })),
  'client data with padding': withResponse(({ clientDataJSON }) => ({ clientDataJSON: `${String(clientDataJSON)}==` })),
  'client data that is empty': withResponse(() => ({ clientDataJSON: '' })),
  nothing: { answer: () => ({}) },
};

export const registrationForgeries: Forgeries = {
  ...common,
  'the type of an assertion': withClientData({ type: 'webauthn.get' }),
  'an id that is not in the data': withAnswer({ id: stranger, rawId: stranger }),
  'no credential in the data': withFlags((flags) => flags & ~flag.attested),
  'a key of an algorithm that nobody asked for': { authData: withAlgorithm(0x38, 0x22) },
  'a key whose algorithm is not its own': { authData: withAlgorithm(0x39, 0x01) },
  'a key that is cut off': { authData: (data) => data.subarray(0, data.length - 10) },
  'an attestation cut off': {
    attestation: ({ authData, encode }) => encode(authData).subarray(0, 40),
  },
  'an attestation that is no map': { attestation: () => Buffer.from('83010203', 'hex') },
  'an attestation that never ends': { attestation: () => Buffer.from('9f'.repeat(200), 'hex') },
  'none with a statement': {
    attestation: ({ authData, encode }) => encode(authData, 'none', Buffer.from('a1616100', 'hex')),
  },
  'a format that does not exist': { attestation: ({ authData, encode }) => encode(authData, 'made-up') },
  'packed without a signature': { attestation: ({ authData, encode }) => encode(authData, 'packed') },
  'packed with a signature that is wrong': {
    attestation: ({ authData, encode }) => encode(authData, 'packed', Buffer.from('a263616c67266373696741ff', 'hex')),
  },
  'packed with certificates': {
    attestation: ({ authData, encode }) =>
      encode(authData, 'packed', Buffer.from('a363616c67266373696741ff637835638141aa', 'hex')),
  },
  'packed by a maker with a certificate': { attestation: vouchFor },
  'android with certificates': {
    attestation: ({ authData, encode }) =>
      encode(authData, 'android-key', Buffer.from('a363616c67266373696741ff637835638141aa', 'hex')),
  },
  'u2f, which verifies nobody': { attestation: ({ authData, encode }) => encode(authData, 'fido-u2f') },
  'transports that are no words': withResponse(() => ({ transports: ['<script>'] })),
  'too many transports': withResponse(() => ({ transports: Array.from({ length: 9 }, () => 'usb') })),
};

/** The algorithm of an ES256 key stands in one byte; another one may take more. */
function withAlgorithm(...bytes: number[]): (data: Buffer) => Buffer {
  return (data) => {
    const at = data.indexOf(Buffer.from('a501020326', 'hex')) + 4;
    return Buffer.concat([data.subarray(0, at), Buffer.from(bytes), data.subarray(at + 1)]);
  };
}

export const assertionForgeries: Forgeries = {
  ...common,
  'the type of a registration': withClientData({ type: 'webauthn.create' }),
  'a signature that is wrong': { signature: (signature) => flip(signature, signature.length - 1) },
  'no signature': { signature: () => Buffer.alloc(0) },
  'a signature of nothing': { signature: () => Buffer.alloc(70) },
  'a signature with more behind it': { signature: (signature) => Buffer.concat([signature, Buffer.from([0])]) },
  'client data that was signed otherwise': {
    answer: (answer) => signedOtherwise(answer),
  },
  'a counter that was signed otherwise': withResponse(({ authenticatorData }) => ({
    authenticatorData: flip(Buffer.from(String(authenticatorData), 'base64url'), countAt + 3).toString('base64url'),
  })),
  'eligible for backup all of a sudden': withFlags((flags) => flags | flag.eligible),
  'backed up all of a sudden': withFlags((flags) => flags | flag.eligible | flag.backedUp),
  'a credential that nobody enrolled': withAnswer({ id: stranger, rawId: stranger }),
  'the handle of nobody': withResponse(() => ({ userHandle: stranger })),
  'a handle that is no text': withResponse(() => ({ userHandle: 7 })),
  'a handle with padding': withResponse(({ userHandle }) => ({ userHandle: `${String(userHandle)}=` })),
  'a counter that goes back to zero': {
    authData(data) {
      const bent = Buffer.from(data);
      bent.writeUInt32BE(0, countAt);
      return bent;
    },
  },
  'a counter that stands still': {
    authData(data) {
      const bent = Buffer.from(data);
      bent.writeUInt32BE(data.readUInt32BE(countAt) - 1, countAt);
      return bent;
    },
  },
};

/** A blank that changes nothing but the bytes. */
function signedOtherwise(answer: Answer): unknown {
  const text = Buffer.from(String(answer.response['clientDataJSON']), 'base64url').toString();
  const clientDataJSON = Buffer.from(`${text} `).toString('base64url');
  return { ...answer, response: { ...answer.response, clientDataJSON } };
}
