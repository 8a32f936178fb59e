// Builds the pages into web/dist: hashed assets, each with its compressed twin, and the list of paths that are pages.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { build } from 'vite';
import { writeApiTypes } from './api-types.ts';

const root = import.meta.dirname;
const output = path.join(root, 'dist');
const compress = promisify(brotliCompress);

await writeApiTypes();
await build({
  root,
  configFile: false,
  logLevel: 'warn',
  plugins: [react()],
  build: {
    outDir: output,
    emptyOutDir: true,
    target: 'es2023',
    // The policy of the pages allows no data: URL.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});

/** Not a literal import: what the list loads is for browsers. */
const list = new URL('app/pages.ts', import.meta.url).href;
const { pages } = (await import(list)) as { readonly pages: readonly { readonly path: string }[] };
await writeFile(path.join(output, 'pages.json'), JSON.stringify(pages.map((page) => page.path)));

for (const name of await readdir(path.join(output, 'assets'))) {
  if (!/\.(?:js|css|svg)$/.test(name)) continue;
  const file = path.join(output, 'assets', name);
  await writeFile(`${file}.br`, await compress(await readFile(file)));
}
