// The SQL files that make a database: numbered migrations, applied once, and re-creatable functions and policies.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { defineRefusals } from '../kernel/refusal.ts';

export interface SqlFile {
  /** Folder and file: `migrations/0001-log.sql`. The name under which the database remembers it. */
  readonly name: string;
  readonly text: string;
  readonly sha256: Buffer;
}

export interface SqlFiles {
  readonly migrations: readonly SqlFile[];
  readonly recreatable: readonly SqlFile[];
}

const { refuse: refuseFile } = defineRefusals({
  migration_misnamed: {
    kind: 'rejected',
    title: 'A migration has a name that cannot be ordered',
    remedy: 'Name it with four digits and kebab-case words, such as 0007-story-labels.sql.',
  },
  migration_number_taken: {
    kind: 'rejected',
    title: 'Two migrations have the same number',
    remedy: 'Give the younger one the next free number.',
  },
});

const projectFolder = path.resolve(import.meta.dirname, '..');
const migrationName = /^(\d{4})-[a-z0-9]+(?:-[a-z0-9]+)*\.sql$/;

export async function readSqlFiles(root: string = projectFolder): Promise<SqlFiles> {
  const migrations = await readFolder(path.join(root, 'sql/migrations'), 'migrations');
  checkNumbers(migrations.map((file) => path.basename(file.name)));
  const functions = await readFolder(path.join(root, 'sql/functions'), 'functions');
  const policies = await readFolder(path.join(root, 'policies'), 'policies');
  return { migrations, recreatable: [...functions, ...policies] };
}

export function checkNumbers(names: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const number = migrationName.exec(name)?.[1];
    if (number === undefined) {
      throw refuseFile('migration_misnamed', `The migration ${name} is not named like 0007-story-labels.sql.`);
    }
    const other = seen.get(number);
    if (other !== undefined) {
      throw refuseFile('migration_number_taken', `The migrations ${other} and ${name} have the same number.`);
    }
    seen.set(number, name);
  }
}

async function readFolder(folder: string, label: string): Promise<SqlFile[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(path.join(folder, name), 'utf8');
      return { name: `${label}/${name}`, text, sha256: createHash('sha256').update(text).digest() };
    }),
  );
}
