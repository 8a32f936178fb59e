// The client as others get it: built, packed, and installed into a folder that has nothing to do with this one.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Teardown } from './database.ts';
import { bareEnvironment } from './server-process.ts';

const root = path.resolve(import.meta.dirname, '../..');
const execute = promisify(execFile);

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
}

export interface Elsewhere {
  readonly folder: string;
  write(name: string, text: string): Promise<void>;
  /** A process of its own, which inherits nothing but what it is given. */
  node(name: string, env: Readonly<Record<string, string>>): Promise<Ran>;
  shell(script: string, env: Readonly<Record<string, string>>): Promise<Ran>;
  /** What the compiler says of a program there. */
  compile(name: string): Promise<string>;
}

type Command = readonly [program: string, ...args: string[]];

const patienceMs = 280_000;
const compiler = path.join(root, 'node_modules/.bin/tsc');

function run(cwd: string, command: Command, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const [program, ...args] = command;
  const options = { cwd, env: { ...bareEnvironment(), ...env }, timeout: patienceMs, maxBuffer: 1 << 26 };
  return execute(program, args, options);
}

export async function installClient(t: Teardown): Promise<Elsewhere> {
  const folder = await mkdtemp(path.join(tmpdir(), 'loopledger-client-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const [source, program] = [path.join(folder, 'source'), path.join(folder, 'program')];
  await cp(path.join(root, 'clients/typescript'), source, { recursive: true });
  await run(source, [compiler, '-p', '.']);
  const quiet = ['--ignore-scripts', '--offline', '--no-audit', '--no-fund', '--loglevel=error'];
  const packed = await run(source, ['npm', 'pack', ...quiet, '--pack-destination', folder]);
  await mkdir(program);
  await writeFile(path.join(program, 'package.json'), '{"name": "program", "private": true, "type": "module"}');
  await run(program, ['npm', 'install', ...quiet, path.join(folder, packed.stdout.trim())]);
  await rm(source, { recursive: true });
  return {
    folder: program,
    write: (name, text) => writeFile(path.join(program, name), text),
    node: (name, env) => run(program, [process.execPath, name], env),
    shell: (script, env) => run(program, ['sh', '-ec', script], env),
    compile: (name) => compileIn(program, name),
  };
}

async function compileIn(program: string, name: string): Promise<string> {
  await mkdir(path.join(program, 'node_modules/@types'), { recursive: true });
  for (const types of ['@types/node', 'undici-types']) {
    await symlink(path.join(root, 'node_modules', types), path.join(program, 'node_modules', types)).catch(() => null);
  }
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'esnext', '--types', 'node'];
  const flags = ['--noUncheckedIndexedAccess', '--exactOptionalPropertyTypes', '--allowImportingTsExtensions', name];
  return run(program, [compiler, ...options, ...flags]).then(
    ({ stdout }) => stdout,
    ({ stdout }: Ran) => stdout,
  );
}

export interface Snippet {
  readonly language: string;
  readonly text: string;
  /** The heading that it stands under. */
  readonly section: string;
}

export async function readSnippets(document: string): Promise<Snippet[]> {
  const text = await readFile(path.join(root, document), 'utf8');
  return text.split(/^## /m).flatMap((part) => {
    const [section = ''] = part.split('\n', 1);
    return [...part.matchAll(/^```(\S.*)\n([\s\S]*?)^```$/gm)].map(([, language = '', code = '']) => ({
      language,
      section,
      text: code,
    }));
  });
}
