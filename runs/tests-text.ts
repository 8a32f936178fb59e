// Keeps the text of tests out of what a model is shown: programs and engines may quote the line that failed.

const leastLength = 8;

export function withoutLinesOf(tests: string, text: string): string {
  const secret = new Set(
    tests
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line.length >= leastLength),
  );
  if (secret.size === 0) return text;
  return text
    .split('\n')
    .map((line) => (quotes(line, secret) ? '[a line of the tests]' : line))
    .join('\n');
}

function quotes(line: string, secret: ReadonlySet<string>): boolean {
  const bare = line.trim();
  if (bare.length < leastLength) return false;
  if (secret.has(bare)) return true;
  for (const one of secret) if (bare.includes(one)) return true;
  return false;
}
