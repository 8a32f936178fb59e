// The image of the server holds every folder that the server is made of.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'tap';
import { folderOf, importsOf, readSources, resolveImport, root } from '../support/source.ts';

const read = (name: string): string[] => readFileSync(path.join(root, name), 'utf8').split('\n');

test('whatever boot knows, and whatever that knows, is copied into the image', async (t) => {
  const sources = await readSources();
  const needed = new Set(['boot']);
  for (const folder of needed) {
    const targets = sources
      .filter((file) => folderOf(file.name) === folder)
      .flatMap(({ name, text }) => importsOf(text).map((specifier) => resolveImport(name, specifier)));
    for (const target of targets) if (target !== null && folderOf(target) !== '') needed.add(folderOf(target));
  }
  t.ok(needed.size > 8, [...needed].join(', '));
  const [copied, sent] = [read('Dockerfile'), read('.dockerignore')];
  for (const folder of needed) {
    t.ok(copied.includes(`COPY ${folder} ${folder}`), `the Dockerfile copies ${folder}`);
    t.ok(sent.includes(`!${folder}`), `.dockerignore lets ${folder} through`);
  }
});

test('what the pages are built by is in the image that builds them', (t) => {
  const { extends: base } = JSON.parse(readFileSync(path.join(root, 'web/app/tsconfig.json'), 'utf8')) as {
    readonly extends: string;
  };
  const name = path.relative(root, path.resolve(root, 'web/app', base));
  t.ok(read('Dockerfile').includes(`COPY ${name} ./`), `the Dockerfile copies ${name}`);
  t.ok(read('.dockerignore').includes(`!${name}`), `.dockerignore lets ${name} through`);
  t.end();
});
