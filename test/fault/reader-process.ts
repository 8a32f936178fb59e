// A process of cursor readers. Ends after SIGTERM, when its readers have found nothing more.
import { openDatabase } from '../../sql/database.ts';
import { openHistory } from './history.ts';
import { seededRandom } from './random.ts';
import { CursorReader } from './reader.ts';

export interface ReaderProcessOptions {
  readonly name: string;
  readonly url: string;
  readonly folder: string;
  readonly seed: number;
  readonly readers: number;
  readonly tenants: readonly string[];
}

const { name, url, folder, seed, readers, tenants } = JSON.parse(
  process.env['FAULT_READER'] ?? '{}',
) as ReaderProcessOptions;
const history = openHistory(folder, name);
const database = openDatabase({ url, max: readers, applicationName: name });
let stopping = false;
let events = 0;
process.once('SIGTERM', () => (stopping = true));
// Whoever started us is gone, and nobody else would ever stop us.
process.stdout.on('error', () => process.exit(1));
const telling = setInterval(() => process.stdout.write(`${JSON.stringify({ events })}\n`), 500);

/** Each reader follows a part of the tenants, and each tenant has at least two readers. */
function tenantsOf(reader: number): string[] {
  const mine = (at: number): boolean => at % readers === reader || (at + 1) % readers === reader;
  return tenants.length <= 2 ? [...tenants] : tenants.filter((_tenant, at) => mine(at));
}

await Promise.all(
  Array.from({ length: readers }, (_, at) =>
    new CursorReader({
      name: `${name}-${at}`,
      database,
      history,
      random: seededRandom(seed * 1_000 + at),
      tenants: tenantsOf(at),
      stopped: () => stopping,
      onRead: (count) => (events += count),
    }).run(),
  ),
);
clearInterval(telling);
await database.close();
history.close();
