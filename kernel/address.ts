// Which addresses of the internet are public. What is not known to be public is not: other networks of ours stand there.

type Bytes = readonly number[];

interface Network {
  readonly first: Bytes;
  readonly bits: number;
}

function network(text: string): Network {
  const [address = '', bits = ''] = text.split('/');
  return { first: parse(address) ?? [], bits: Number(bits) };
}

/** Of IPv4: everything but these is public. */
const closed4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  // Also the metadata of most clouds.
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Looks public, and is the host of a virtual machine in one cloud and the metadata of another.
  '168.63.129.16/32',
  '100.100.100.200/32',
].map(network);

/** Of IPv6: only this is public … */
const global6 = network('2000::/3');
/** … but for these: Teredo and other protocols, documentation, and 6to4, behind which any IPv4 address may stand. */
const closed6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'].map(network);

export function isPublicAddress(text: string): boolean {
  const bytes = parse(text);
  if (bytes === null) return false;
  if (bytes.length === 4) return !closed4.some((one) => isWithin(bytes, one));
  return isWithin(bytes, global6) && !closed6.some((one) => isWithin(bytes, one));
}

/** An address as it stands in a URL or comes from a resolver: without brackets, and in any spelling of IPv6. */
export function isAddress(text: string): boolean {
  return parse(text) !== null;
}

function isWithin(bytes: Bytes, { first, bits }: Network): boolean {
  for (let bit = 0; bit < bits; bit += 8) {
    const mask = bits - bit >= 8 ? 0xff : (0xff << (8 - (bits - bit))) & 0xff;
    if (((bytes[bit / 8] as number) & mask) !== ((first[bit / 8] as number) & mask)) return false;
  }
  return true;
}

function parse(text: string): Bytes | null {
  return text.includes(':') ? parse6(text) : parse4(text);
}

/** Four decimal numbers and nothing else: every other spelling is undone by the URL parser, or is no address. */
function parse4(text: string): Bytes | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) return null;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte < 256) ? bytes : null;
}

function parse6(text: string): Bytes | null {
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) return null;
  const left = groupsOf(head);
  const right = tail === undefined ? [] : groupsOf(tail);
  if (left === null || right === null) return null;
  const missing = 8 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...left, ...Array.from({ length: missing }, () => 0), ...right];
  return groups.flatMap((group) => [group >> 8, group & 0xff]);
}

function groupsOf(text: string): number[] | null {
  if (text === '') return [];
  const parts = text.split(':');
  const last = parts.at(-1) as string;
  const embedded = last.includes('.') ? parse4(last) : [];
  if (embedded === null) return null;
  const hex = last.includes('.') ? parts.slice(0, -1) : parts;
  if (!hex.every((part) => /^[0-9a-f]{1,4}$/i.test(part))) return null;
  const groups = hex.map((part) => Number.parseInt(part, 16));
  const [a, b, c, d] = embedded as number[];
  if (a === undefined) return groups;
  return [...groups, (a << 8) | (b as number), ((c as number) << 8) | (d as number)];
}
