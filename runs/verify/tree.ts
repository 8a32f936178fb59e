// The files of a commit, read from git's own objects: nothing is checked out, so no link, filter or attribute ever acts.
import path from 'node:path';
import { type Repository, Unusable } from './git.ts';

export interface TreeLimits {
  readonly files: number;
  readonly bytes: number;
}

export const defaultTreeLimits: TreeLimits = { files: 5_000, bytes: 12 << 20 };

export type Tree = ReadonlyMap<string, Buffer>;

interface Entry {
  readonly mode: string;
  readonly hash: string;
  readonly size: number;
  readonly path: string;
}

const maxLineBytes = 512;
const link = '120000';

export async function readTree(repository: Repository, commit: string, limits: TreeLimits): Promise<Tree> {
  const entries = await listTree(repository, commit, limits);
  const contents = await readBlobs(repository, entries, limits);
  const tree = new Map<string, Buffer>();
  for (const entry of entries) {
    const content = contents.get(entry.hash);
    if (entry.mode !== link && content !== undefined) tree.set(entry.path, content);
  }
  for (const entry of entries) {
    const target = entry.mode === link ? contents.get(entry.hash) : undefined;
    if (target === undefined) continue;
    // To a file it becomes a copy of it; to a folder or to another link it is left out.
    const copy = tree.get(targetOf(entry.path, target.toString()));
    if (copy !== undefined) tree.set(entry.path, copy);
  }
  return tree;
}

async function listTree(repository: Repository, commit: string, limits: TreeLimits): Promise<Entry[]> {
  const maxBytes = limits.files * maxLineBytes;
  const { code, stdout, isCut } = await repository.read(['ls-tree', '-r', '-z', '-l', '--full-tree', commit], {
    maxBytes,
  });
  const lines = stdout.toString('utf8').split('\0').slice(0, -1);
  if (isCut || lines.length > limits.files) throw new Unusable(`It has more than ${limits.files} files.`);
  if (code !== 0) throw new Unusable(`The tree of ${commit} cannot be read.`);
  // Commits of other repositories have no place among the files.
  const entries = lines.map(entryOf).filter(({ mode }) => mode !== '160000');
  const bytes = entries.reduce((sum, { size }) => sum + size, 0);
  if (bytes > limits.bytes) throw new Unusable(`Its files are larger than ${limits.bytes >> 20} MiB.`);
  return entries;
}

function entryOf(line: string): Entry {
  const [, mode = '', hash = '', size = '', name = ''] = /^(\d{6}) \w+ ([0-9a-f]+) +(\d+|-)\t(.*)$/s.exec(line) ?? [];
  const isClean = name.split('/').every((part) => !['', '.', '..', '.git'].includes(part.toLowerCase()));
  if (mode === '' || !isClean || hasStrange(name)) throw new Unusable('It has a file without a clean name.');
  return { mode, hash, size: size === '-' ? 0 : Number(size), path: name };
}

/** Control characters, backslashes, and what is no UTF-8. */
function hasStrange(name: string): boolean {
  return name.split('').some((letter) => letter < ' ' || letter === '\\' || letter === '\ufffd');
}

async function readBlobs(
  repository: Repository,
  entries: readonly Entry[],
  limits: TreeLimits,
): Promise<Map<string, Buffer>> {
  const hashes = [...new Set(entries.map(({ hash }) => hash))];
  const contents = new Map<string, Buffer>();
  if (hashes.length === 0) return contents;
  const maxBytes = limits.bytes + hashes.length * 100;
  const input = `${hashes.join('\n')}\n`;
  const { code, stdout } = await repository.read(['cat-file', '--batch', '--buffer'], { input, maxBytes });
  if (code !== 0) throw new Unusable('Its files cannot be read.');
  let at = 0;
  for (const hash of hashes) {
    const end = stdout.indexOf('\n', at);
    const [name, type, size] = stdout.toString('latin1', at, end).split(' ');
    if (name !== hash || type !== 'blob') throw new Unusable('A file is not there.');
    contents.set(hash, stdout.subarray(end + 1, end + 1 + Number(size)));
    at = end + 2 + Number(size);
  }
  return contents;
}

/** Where a link leads inside the tree. One that leads out of it is no accident. */
function targetOf(from: string, to: string): string {
  const target = path.posix.normalize(path.posix.join(path.posix.dirname(from), to));
  if (to.startsWith('/') || target === '..' || target.startsWith('../')) {
    throw new Unusable(`The link ${from} leads out of the tree.`);
  }
  return target;
}

/** The tests are those of whoever is trusted with them: what stands there in the commit is as if it were not. */
export function overlay(tree: Tree, tests: Tree, folder: string): Tree {
  const isTest = ([name]: readonly [string, Buffer]): boolean => name.startsWith(`${folder}/`);
  return new Map([...[...tree].filter((file) => !isTest(file)), ...[...tests].filter(isTest)]);
}
