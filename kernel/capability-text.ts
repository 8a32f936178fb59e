// Capabilities as text: what one says of itself before anything of it is believed.
import { capabilityType } from './capability.ts';

/** What a token says of itself, proven by nothing; null when it does not even look like a capability. */
export function readCapability(token: string): { readonly [claim: string]: unknown } | null {
  const [head = '', claims = '', ...rest] = token.split('.');
  if (rest.length !== 1) return null;
  return partOf(head)?.['typ'] === capabilityType ? partOf(claims) : null;
}

function partOf(text: string): { readonly [member: string]: unknown } | null {
  try {
    const part: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return typeof part === 'object' && part !== null ? (part as { [member: string]: unknown }) : null;
  } catch {
    return null;
  }
}
