// A maker of devices with a certificate of its own making: it vouches for an authenticator, and a server that asks for no
// attestation must not look at it. Nobody else uses the key.
import { createPrivateKey, sign } from 'node:crypto';
import type { AttestationParts } from '../../boot/software-authenticator.ts';

const certificate = Buffer.from(
  'MIIB9zCCAZ2gAwIBAgIUIIIxZBclngi0WtmPX131bAYcP4kwCgYIKoZIzj0EAwIwYjELMAkGA1UEBhMCWFgxIDAeBgNVBAoMF0Eg' +
    'bWFrZXIgb2YgdGVzdCBkZXZpY2VzMSIwIAYDVQQLDBlBdXRoZW50aWNhdG9yIEF0dGVzdGF0aW9uMQ0wCwYDVQQDDARUZXN0MCAX' +
    'DTI2MTEyMTE2NDk0NFoYDzIxMjYxMDI4MTY0OTQ0WjBiMQswCQYDVQQGEwJYWDEgMB4GA1UECgwXQSBtYWtlciBvZiB0ZXN0IGRl' +
    'dmljZXMxIjAgBgNVBAsMGUF1dGhlbnRpY2F0b3IgQXR0ZXN0YXRpb24xDTALBgNVBAMMBFRlc3QwWTATBgcqhkjOPQIBBggqhkjO' +
    'PQMBBwNCAATmV+I10FOgPQS1X8UunHNvG6iA3UUSDLW0hKV588KbYVvDurkIbrnHOIvLPKhM6KLNGELXz200bxG325PzA+N0oy8w' +
    'LTAMBgNVHRMBAf8EAjAAMB0GA1UdDgQWBBQcfvghSjd/Z9GlzM2cFuwLjgkHDTAKBggqhkjOPQQDAgNIADBFAiAeg80UD6mxIGMH' +
    'v3SCRXGzik6zsdK6yx8mpNhTkLtyMgIhAPwRcNrh8wSBWZ9su+GQIYcP4zkJVhDBCZXDIeHq5M82',
  'base64',
);
const key = createPrivateKey({
  key: Buffer.from(
    'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg6KYVqT0r/9PLV684rxnp2hz3dzEhMj8o0CftJZahdQ6hRANCAATm' +
      'V+I10FOgPQS1X8UunHNvG6iA3UUSDLW0hKV588KbYVvDurkIbrnHOIvLPKhM6KLNGELXz200bxG325PzA+N0',
    'base64',
  ),
  format: 'der',
  type: 'pkcs8',
});

/** An attestation of the format `packed` that is right in every part. */
export function vouchFor({ authData, clientDataHash, encode }: AttestationParts): Buffer {
  const signature = sign('sha256', Buffer.concat([authData, clientDataHash]), key);
  const statement = Buffer.concat([
    Buffer.from('a363616c672663736967', 'hex'),
    bytes(signature),
    Buffer.from('6378356381', 'hex'),
    bytes(certificate),
  ]);
  return encode(authData, 'packed', statement);
}

/** CBOR: a string of up to 64 KiB of bytes. */
function bytes(content: Buffer): Buffer {
  const head = Buffer.from([0x59, 0, 0]);
  head.writeUInt16BE(content.length, 1);
  return Buffer.concat([head, content]);
}
