// Commits of strangers: nothing in them acts while they are read, and nothing of them is larger or slower than allowed.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type Test } from 'tap';
import { defaultGitLimits, type FetchOptions, Repository } from '../../runs/verify/git.ts';
import { defaultTreeLimits, readTree, type Tree } from '../../runs/verify/tree.ts';
import { TestRepository } from '../support/repository.ts';

// What other processes fetch at the same time stands elsewhere.
const ownFolder = mkdtempSync(path.join(tmpdir(), 'loopledger-fetch-'));
process.env['TMPDIR'] = ownFolder;
process.once('exit', () => rmSync(ownFolder, { recursive: true, force: true }));

function optionsFor(remote: string, commit: string): FetchOptions {
  return { remote, wanted: { commit }, depth: 1, allowLocal: true, limits: defaultGitLimits };
}

async function treeOf(repository: TestRepository, commit: string): Promise<Tree> {
  const fetched = await Repository.fetch(optionsFor(repository.url, commit));
  try {
    return await readTree(fetched, commit, defaultTreeLimits);
  } finally {
    await fetched.close();
  }
}

const leftovers = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('loopledger-verify-'));

test('a tree is read as it is: bytes, links within it as copies, and no history', async (t) => {
  const before = leftovers();
  const repository = new TestRepository(t);
  repository.commit({ 'old.txt': 'old' });
  const binary = '\0\xff\r\n';
  const commit = repository.commit({
    'old.txt': null,
    'a.txt': binary,
    'ä ö.txt': 'x',
    'b/link': { link: '../a.txt' },
    c: { link: 'b' },
    '.gitattributes': '* filter=evil\n',
  });
  const tree = await treeOf(repository, commit);
  t.same([...tree.keys()].toSorted(), ['.gitattributes', 'a.txt', 'b/link', 'ä ö.txt']);
  t.same(tree.get('a.txt'), Buffer.from(binary));
  t.same(tree.get('b/link'), Buffer.from(binary));
  t.same(leftovers(), before, 'nothing is left behind');
});

test('what a killed worker left behind is swept away, and what another one works on is not', async (t) => {
  const [old, young] = ['old', 'young'].map((name) => mkdtempSync(path.join(tmpdir(), `loopledger-verify-${name}-`)));
  const anHourAgo = Date.now() / 1_000 - 3_700;
  utimesSync(old as string, anHourAgo, anHourAgo);
  const repository = new TestRepository(t);
  await treeOf(repository, repository.commit({ a: 'a' }));
  t.notOk(existsSync(old as string));
  t.ok(existsSync(young as string));
  rmSync(young as string, { recursive: true });
});

test('no hook, filter or submodule acts', async (t) => {
  const repository = new TestRepository(t);
  const mark = path.join(repository.folder, 'acted');
  const script = `#!/bin/sh\ntouch ${mark}\n`;
  for (const hook of ['post-checkout', 'post-merge', 'reference-transaction', 'pre-receive', 'update', 'post-update']) {
    const file = path.join(repository.folder, '.git/hooks', hook);
    writeFileSync(file, script);
    chmodSync(file, 0o755);
  }
  const commit = repository.commit({
    '.gitattributes': '* filter=evil\n',
    'a.txt': 'a',
  });
  repository.git('config', 'filter.evil.smudge', `touch ${mark}`);
  repository.git('config', 'uploadpack.packObjectsHook', `touch ${mark}; exec`);
  const module = `[submodule "x"]\n\tpath = x\n\turl = ext::sh -c 'touch ${mark}'\n\tupdate = !touch ${mark}\n`;
  const evil = repository.commit({ '.gitmodules': module });
  rmSync(mark, { force: true });
  t.equal((await treeOf(repository, commit)).size, 2);
  await t.rejects(treeOf(repository, evil), { name: 'Unusable' });
  t.notOk(existsSync(mark));
});

test('a giant tree, a giant file and a giant pack are refused, soon', async (t) => {
  const repository = new TestRepository(t);
  const blob = repository.git('rev-parse', `${repository.commit({ a: 'a' })}:a`);
  let object = makeTree(
    repository,
    Array.from({ length: 10 }, (_, at) => `100644 blob ${blob}\tf${at}`),
  );
  for (let level = 0; level < 10; level += 1) {
    const inner = object;
    object = makeTree(
      repository,
      Array.from({ length: 10 }, (_, at) => `040000 tree ${inner}\td${at}`),
    );
  }
  const bomb = repository.git('commit-tree', '-m', 'x', object);
  repository.git('branch', 'bomb', bomb);
  const at = performance.now();
  await t.rejects(treeOf(repository, bomb), { name: 'Unusable', message: /more than 5000 files/ });
  const large = repository.commit({ 'zeros.txt': '0'.repeat(defaultTreeLimits.bytes + 1) });
  await t.rejects(treeOf(repository, large), { name: 'Unusable', message: /larger than 12 MiB/ });
  const noise = repository.commit({
    'noise.txt': randomBytes(3_000_000).toString('hex'),
  });
  const options = { ...optionsFor(repository.url, noise), limits: { packBytes: 1 << 20, fetchMs: 120_000 } };
  await t.rejects(Repository.fetch(options), { name: 'Unusable', message: /could not be fetched \(1 MiB/ });
  t.ok(performance.now() - at < 60_000, `${performance.now() - at} ms`);
});

test('what git says first is told, and not its last advice', async (t) => {
  const repository = new TestRepository(t);
  const commit = repository.commit({ a: 'a' });
  const nowhere = `file://${repository.folder}/nowhere`;
  await t.rejects(Repository.fetch(optionsFor(nowhere, commit)), { message: /nowhere' does not appear to be a git/ });
  const absent = optionsFor(repository.url, '1'.repeat(40));
  await t.rejects(Repository.fetch(absent), { message: /not our ref 1{40}/ });
  hang(repository);
  const late = { ...optionsFor(repository.url, commit), limits: { packBytes: 1 << 20, fetchMs: 200 } };
  await t.rejects(Repository.fetch(late), { message: /0\.2 s at most\): git was stopped\.$/ });
});

const mkfifo = '/usr/bin/mkfifo';

/** Whoever reads what HEAD names waits for ever. */
function hang(repository: TestRepository): void {
  const head = path.join(repository.folder, '.git/HEAD');
  rmSync(head);
  execFileSync(mkfifo, [head]);
}

function makeTree(repository: TestRepository, lines: readonly string[]): string {
  const input = `${lines.join('\n')}\n`;
  return execFileSync('git', ['mktree'], { cwd: repository.folder, input }).toString().trim();
}

test('what is not there, or does not come in time, is not waited for', async (t) => {
  const repository = new TestRepository(t);
  repository.commit({ a: 'a' });
  await t.rejects(Repository.fetch(optionsFor(repository.url, 'f'.repeat(40))), { name: 'Unusable' });
  await t.rejects(Repository.fetch(optionsFor(repository.url, 'no-such-branch')), { name: 'Unusable' });
  hang(repository);
  const ended = AbortSignal.timeout(200);
  await t.rejects(Repository.fetch({ ...optionsFor(repository.url, 'main'), signal: ended }), {
    name: /Abort|Timeout/,
  });
});

async function refusedRemote(t: Test, remote: string, addresses: readonly string[] = []): Promise<void> {
  const options = { ...optionsFor(remote, 'main'), allowLocal: false, resolve: async () => addresses };
  await t.rejects(
    Repository.fetch(options),
    { name: 'Unusable', message: /not public|https alone|no address/ },
    remote,
  );
}

test('commits come by https from public addresses alone', async (t) => {
  const repository = new TestRepository(t);
  repository.commit({ a: 'a' });
  await refusedRemote(t, repository.url);
  await refusedRemote(t, 'ext::sh -c true');
  await refusedRemote(t, 'ssh://git.example.com/x');
  await refusedRemote(t, 'http://git.example.com/x', ['93.184.215.14']);
  await refusedRemote(t, 'https://127.0.0.1/x');
  await refusedRemote(t, 'https://[::ffff:10.0.0.1]/x');
  await refusedRemote(t, 'https://git.example.com/x', ['93.184.215.14', '10.0.0.1']);
  await refusedRemote(t, 'https://git.example.com/x', ['169.254.169.254']);
  await refusedRemote(t, 'https://git.example.com/x');
});
