import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'tap';
import { packFiles, unpackArtifacts } from '../../sandbox/archive.ts';

const limits = { artifacts: 10, artifactBytes: 100_000 };

test('what is packed, tar unpacks', (t) => {
  const folder = t.testdir();
  const files = [
    { path: 'main.py', content: 'print(1)\n' },
    { path: 'deep/er/data.bin', content: new Uint8Array(1_000).fill(7) },
    { path: 'empty', content: '' },
  ];
  execFileSync('tar', ['-xf', '-', '-C', folder], { input: packFiles(files) });
  for (const { path: name, content } of files) {
    t.same(readFileSync(path.join(folder, name)), Buffer.from(content), name);
  }
  t.end();
});

function tarOf(fill: (folder: string) => void): Buffer {
  const folder = mkdtempSync(path.join(tmpdir(), 'archive-'));
  fill(folder);
  const archive = execFileSync('tar', ['-cf', '-', '-C', folder, '.'], { maxBuffer: 10_000_000 });
  rmSync(folder, { recursive: true });
  return archive;
}

test('artifacts are regular files under clean names', (t) => {
  const archive = tarOf((folder) => {
    mkdirSync(path.join(folder, 'deep'));
    writeFileSync(path.join(folder, 'deep/plot.png'), 'image');
    writeFileSync(path.join(folder, 'report.txt'), 'x'.repeat(513));
    symlinkSync('/etc/passwd', path.join(folder, 'passwd'));
    writeFileSync(path.join(folder, 'bad\nname'), 'x');
  });
  const { artifacts, omitted } = unpackArtifacts(archive, limits);
  const found = artifacts.map(({ name, content }) => `${name} ${content.length}`).sort();
  t.same(found, ['deep/plot.png 5', 'report.txt 513']);
  t.ok(omitted, 'the rest is told of');
  t.end();
});

test('artifacts are as many and as large as the limits say', (t) => {
  const archive = tarOf((folder) => {
    for (let number = 0; number < 12; number += 1) writeFileSync(path.join(folder, `f${number}`), 'x');
    writeFileSync(path.join(folder, 'large'), 'x');
    truncateSync(path.join(folder, 'large'), 200_000);
  });
  const { artifacts, omitted } = unpackArtifacts(archive, limits);
  t.equal(artifacts.length, 10);
  t.notOk(artifacts.some(({ name }) => name === 'large'));
  t.ok(omitted);
  t.end();
});

test('an archive that lies is read as far as it is true', (t) => {
  const archive = tarOf((folder) => writeFileSync(path.join(folder, 'a'), 'content'));
  for (let length = 0; length < archive.length; length += 97) {
    const { artifacts, omitted } = unpackArtifacts(archive.subarray(0, length), limits);
    t.ok(artifacts.length <= 1);
    if (length > 0 && length < 1_024) t.ok(omitted, `cut at ${length}`);
  }
  for (const name of ['../up', '/root', 'a/../../b', './.././c', 'a//b']) {
    const { artifacts } = unpackArtifacts(packFiles([{ path: name, content: 'x' }]), limits);
    t.same(artifacts, [], name);
  }
  const forged = packFiles([{ path: 'a', content: 'x' }]);
  forged.write('77777777777\0', 124);
  t.same(unpackArtifacts(forged, limits), { artifacts: [], omitted: true }, 'a size that is none');
  t.end();
});
