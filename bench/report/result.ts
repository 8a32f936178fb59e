// A finished run: what was measured, on what, and where it is kept.
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Row } from '../measure/rounds.ts';
import type { BenchOptions } from '../options.ts';
import type { Cluster } from '../stage/cluster.ts';

export interface Section {
  readonly name: string;
  readonly title: string;
  readonly notes: readonly string[];
  /** What each row is compared with, where that is one thing only. */
  readonly baseline?: string;
  readonly rows: readonly Row[];
}

export interface Result {
  readonly at: string;
  readonly commit: string;
  readonly machine: {
    readonly cpus: number;
    readonly cpu: string;
    readonly memoryGiB: number;
    readonly platform: string;
    readonly node: string;
    readonly postgres: string;
    /** Median time of a single durable insert: what the disk costs. */
    readonly commitMs: number;
  };
  readonly options: BenchOptions;
  readonly sections: readonly Section[];
}

const folder = path.resolve(import.meta.dirname, '../results');

export function describeMachine(cluster: Cluster, commitMs: number): Result['machine'] {
  const cpus = os.cpus();
  return {
    cpus: cpus.length,
    cpu: cpus[0]?.model ?? 'unknown',
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    platform: `${os.platform()} ${os.arch()}`,
    node: process.version,
    postgres: cluster.version,
    commitMs,
  };
}

/** Empty outside a checkout; with a mark when files were changed since. */
export function describeCommit(): string {
  try {
    const options = { cwd: import.meta.dirname, encoding: 'utf8', stdio: 'pipe' } as const;
    return execFileSync('git', ['describe', '--always', '--dirty'], options).trim();
  } catch {
    return '';
  }
}

export async function saveResult(result: Result): Promise<string> {
  const { save } = result.options;
  const local = `${result.at.replace(/[:.]/g, '-')}.json`;
  const file = save === null ? path.join(folder, 'local', local) : path.join(folder, `${save}.json`);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(result, null, 1)}\n`);
  return file;
}
