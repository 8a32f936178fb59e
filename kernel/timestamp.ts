// Times: RFC 3339 with a zone on the way in, UTC with milliseconds on the way out.

const shape = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** A real instant between the years 1 and 9999: the 30th of February and the 25th hour are none. */
export function isTimestamp(text: string): boolean {
  const parts = shape.exec(text);
  if (parts === null) return false;
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (hour > 23 || minute > 59 || second > 59 || month < 1 || month > 12) return false;
  if (day < 1 || day > daysIn(year, month)) return false;
  const ms = Date.parse(text);
  return ms >= firstMs && ms <= lastMs;
}

/** The one spelling of an accepted time. */
export function normalTimestamp(text: string): string {
  return new Date(text).toISOString();
}

function daysIn(year: number, month: number): number {
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31;
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
}

const firstMs = Date.parse('0001-01-01T00:00:00.000Z');
const lastMs = Date.parse('9999-12-31T23:59:59.999Z');

export function addSeconds(text: string, seconds: number): string {
  return new Date(Date.parse(text) + seconds * 1_000).toISOString();
}

export function epochSeconds(text: string): number {
  return Math.floor(Date.parse(text) / 1_000);
}

export function msBetween(from: string, to: string): number {
  return Date.parse(to) - Date.parse(from);
}
