// The words that start a process of the wasm tier: what it may read, and that it may do nothing else.
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Language, Limits } from '../port.ts';

const project = path.resolve(import.meta.dirname, '../..');
const pageBytes = 65_536;
const require = createRequire(import.meta.url);

const packages = [
  'pyodide',
  '@jitl/quickjs-wasmfile-release-sync',
  '@jitl/quickjs-ffi-types',
  'quickjs-emscripten-core',
];

/** Through env, so that nothing is in the environment even where something puts a word into that of every process. */
const closed = [
  '-i',
  process.execPath,
  // With a way to make code of text, whatever reaches a constructor would be in the host.
  '--disallow-code-generation-from-strings',
  '--disable-proto=delete',
  '--no-addons',
  '--permission',
];

export function childArguments(language: Language, limits: Limits, snapshot: string): string[] {
  return [
    ...closed,
    ...readable(snapshot === '' ? [] : [snapshot]),
    `--wasm-max-mem-pages=${Math.floor(limits.memoryBytes / pageBytes)}`,
    path.join(import.meta.dirname, `${language}-child.ts`),
    snapshot,
  ];
}

export function snapshotArguments(folder: string, file: string): string[] {
  return [
    ...closed,
    ...readable([]),
    `--allow-fs-write=${folder}`,
    path.join(import.meta.dirname, 'python-child.ts'),
    '--snapshot',
    file,
  ];
}

/** A name for exactly what the snapshot was made of. */
export function snapshotName(): string {
  const { version } = require('pyodide/package.json') as { version: string };
  return `python-${version}-node-${process.versions.node}-${process.arch}.snapshot`;
}

function readable(files: readonly string[]): string[] {
  const modules = packages.map((name) => path.join(project, 'node_modules', name));
  const own = [import.meta.dirname, path.dirname(import.meta.dirname), path.join(project, 'package.json')];
  return [...modules, ...own, ...files].map((name) => `--allow-fs-read=${name}`);
}
