// Keeps the text of tests out of what models and watchers are shown: programs and engines may quote the line that failed.

const leastLength = 8;
const inItsPlace = '[a line of the tests]';

/** Those that say something, without what stands around them. */
export function secretLinesOf(tests: string): ReadonlySet<string> {
  const lines = tests.split('\n').map((line) => line.trim());
  return new Set(lines.filter((line) => line.length >= leastLength));
}

/** Of what is told as it comes: whole lines alone, because there may be very many. */
export function withoutLines(secret: ReadonlySet<string>, text: string): string {
  if (secret.size === 0) return text;
  return text
    .split('\n')
    .map((line) => (secret.has(line.trim()) ? inItsPlace : line))
    .join('\n');
}

export function withoutLinesOf(tests: string, text: string): string {
  const secret = secretLinesOf(tests);
  if (secret.size === 0) return text;
  return text
    .split('\n')
    .map((line) => (quotes(line, secret) ? inItsPlace : line))
    .join('\n');
}

function quotes(line: string, secret: ReadonlySet<string>): boolean {
  const bare = line.trim();
  if (bare.length < leastLength) return false;
  if (secret.has(bare)) return true;
  for (const one of secret) if (bare.includes(one)) return true;
  return false;
}
