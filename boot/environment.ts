// Reads single environment variables. What makes no sense is refused with a sentence that names variable, value and cure.
import { refuseBoot } from './refusal.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** An empty variable is one that is not set: a line `PORT=` in an .env file means the default. */
export function readText(env: Environment, name: string): string | null {
  const text = env[name]?.trim() ?? '';
  return text === '' ? null : text;
}

export function readInteger(
  env: Environment,
  name: string,
  range: readonly [least: number, most: number],
): number | null {
  const text = readText(env, name);
  if (text === null) return null;
  const value = Number(text);
  const [least, most] = range;
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw nonsense(name, text, `a whole number from ${least} to ${most}`);
  }
  return value;
}

export function readChoice<Choice extends string>(
  env: Environment,
  name: string,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  const text = readText(env, name);
  if (text === null) return choices[0];
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw nonsense(name, text, `one of ${choices.join(', ')}`);
  return found;
}

/** The value may hold a password, so the sentence says what is wrong and never what was given. */
export function readDatabaseUrl(env: Environment, name: string): string | null {
  const text = readText(env, name);
  if (text === null) return null;
  const url = URL.parse(text);
  if (url === null || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    throw refuseBoot('config_invalid', `${name} must be a URL such as postgres://user:password@host:5432/database.`);
  }
  if (url.pathname.length < 2) {
    throw refuseBoot('config_invalid', `${name} names no database; it must end like …host:5432/database.`);
  }
  return text;
}

export function readPublicUrl(env: Environment, name: string): string | null {
  const text = readText(env, name);
  if (text === null) return null;
  const url = URL.parse(text);
  const allowed = 'an http or https URL without user, query and fragment, such as https://ledger.example.org';
  if (url === null || !/^https?:$/.test(url.protocol)) throw nonsense(name, text, allowed);
  if (`${url.username}${url.password}${url.search}${url.hash}` !== '') {
    throw refuseBoot('config_invalid', `${name} must be ${allowed}.`);
  }
  return url.href.replace(/\/+$/, '');
}

export function readDomain(env: Environment, name: string): string | null {
  const text = readText(env, name);
  const label = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
  if (text === null || text === 'localhost' || new RegExp(`^${label}(?:\\.${label})*\\.[a-z][a-z0-9-]*$`).test(text))
    return text;
  throw nonsense(name, text, 'a domain in lower case such as ledger.example.org, or localhost');
}

export function readOrigins(env: Environment, name: string): readonly string[] {
  const origins = readList(env, name);
  for (const origin of origins) {
    if (URL.parse(origin)?.origin !== origin || !/^https?:/.test(origin)) {
      throw nonsense(name, origin, 'a list of origins such as https://app.example.org, separated by commas');
    }
  }
  return origins;
}

export function readList(env: Environment, name: string): readonly string[] {
  const text = readText(env, name) ?? '';
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

export function readSecret(env: Environment, name: string, leastLength: number): string | null {
  const text = readText(env, name);
  if (text === null) return null;
  if (text.length < leastLength)
    throw refuseBoot('config_invalid', `${name} must have ${leastLength} characters or more.`);
  return text;
}

export function nonsense(name: string, value: string, allowed: string): Error {
  return refuseBoot('config_invalid', `${name} is ${JSON.stringify(value)}, but it must be ${allowed}.`);
}

/** A misspelt variable would otherwise silently leave its default in force. */
export function refuseUnknown(env: Environment, prefix: string, known: readonly string[]): void {
  for (const name of Object.keys(env).sort()) {
    if (!name.startsWith(prefix) || known.includes(name)) continue;
    const nearest = known
      .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
      .sort((one, other) => one.distance - other.distance)[0];
    const hint = nearest !== undefined && nearest.distance <= 6 ? ` Did you mean ${nearest.candidate}?` : '';
    throw refuseBoot('config_invalid', `${name} is not a setting of this server.${hint}`);
  }
}

function editDistance(one: string, other: string): number {
  let previous = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const change = (previous[column - 1] as number) + (one[row - 1] === other[column - 1] ? 0 : 1);
      current.push(Math.min(change, (previous[column] as number) + 1, (current[column - 1] as number) + 1));
    }
    previous = current;
  }
  return previous[other.length] as number;
}
