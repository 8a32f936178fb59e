// Repositories of tests, each in a folder of its own: what is trusted stands on main, what was handed in on a branch beside it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Test } from 'tap';

export type Files = Readonly<Record<string, string | { readonly link: string } | null>>;

const environment = {
  PATH: process.env['PATH'] ?? '',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.com',
};

export class TestRepository {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'loopledger-repository-'));

  constructor(t: Pick<Test, 'teardown'>) {
    t.teardown(() => rmSync(this.folder, { recursive: true, force: true }));
    this.git('init', '-q', '-b', 'main');
  }

  get url(): string {
    return `file://${this.folder}`;
  }

  git(...words: readonly string[]): string {
    return execFileSync('git', words, { cwd: this.folder, env: environment, stdio: 'pipe' }).toString().trim();
  }

  /** Writes, removes where it is null, commits, and tells the hash. */
  commit(files: Files): string {
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(this.folder, name);
      rmSync(file, { recursive: true, force: true });
      if (content === null) continue;
      mkdirSync(path.dirname(file), { recursive: true });
      if (typeof content === 'string') writeFileSync(file, content);
      else symlinkSync(content.link, file);
    }
    this.git('add', '-A', '--force');
    this.git('commit', '-q', '--allow-empty', '-m', 'x');
    return this.git('rev-parse', 'HEAD');
  }

  /** The files on main, and what somebody hands in on top of them. */
  handIn(trusted: Files, work: Files): string {
    this.commit(trusted);
    this.git('checkout', '-q', '-b', 'work');
    return this.commit(work);
  }
}
