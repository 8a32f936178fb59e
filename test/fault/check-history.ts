// The history checker as a program: `npm run check-history -- <folder of histories>`, the database in DATABASE_URL.
// With DATABASE_MIGRATE_URL, the owner's, it replays every view as well.
import { checkHistory } from './checker.ts';

const [folder] = process.argv.slice(2);
const url = process.env['DATABASE_URL'] ?? '';
if (folder === undefined || url === '') {
  process.stderr.write('Say where the histories are, and set DATABASE_URL: npm run check-history -- <folder>\n');
  process.exit(2);
}
const adminUrl = process.env['DATABASE_MIGRATE_URL'];
const verdict = await checkHistory({ url, folder, ...(adminUrl === undefined ? {} : { adminUrl }) });
for (const finding of verdict.findings) process.stdout.write(`${finding}\n`);
process.stdout.write(`${verdict.summary()}\n`);
process.exitCode = verdict.sound ? 0 : 1;
