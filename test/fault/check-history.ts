// The history checker as a program: `npm run check-history -- <folder of histories>`, the database in DATABASE_URL,
// and in DATABASE_MIGRATE_URL the owner's, who replays every view.
import { checkHistory } from './checker.ts';

const [folder] = process.argv.slice(2);
const url = process.env['DATABASE_URL'] ?? '';
const adminUrl = process.env['DATABASE_MIGRATE_URL'] ?? '';
if (folder === undefined || url === '' || adminUrl === '') {
  process.stderr.write('Set DATABASE_URL and DATABASE_MIGRATE_URL, and say where the histories are:\n');
  process.stderr.write('npm run check-history -- <folder>\n');
  process.exit(2);
}
const verdict = await checkHistory({ url, adminUrl, folder });
for (const finding of verdict.findings) process.stdout.write(`${finding}\n`);
process.stdout.write(`${verdict.summary()}\n`);
process.exitCode = verdict.sound ? 0 : 1;
