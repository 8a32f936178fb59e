// Libraries of hundreds of small files, each in one: finding and reading those takes longer than most specs.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** By their specifiers. What stands here must have no state that two copies of it could disagree about. */
const bundled: Readonly<Record<string, string>> = { typebox: 'type', 'typebox/value': 'value' };
const library = 'typebox';

/** Answers with what to tell Node, so that a program finds the bundles. They are made once for each version. */
export async function bundleLibraries(root: string): Promise<string[]> {
  const manifest = readFileSync(path.join(root, 'node_modules', library, 'package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { readonly version: string };
  const folder = path.join(root, '.tap', `${library}-${version}`);
  const hook = path.join(folder, 'hook.mjs');
  if (!existsSync(hook)) await makeBundles(root, folder);
  return ['--import', pathToFileURL(hook).href];
}

async function makeBundles(root: string, folder: string): Promise<void> {
  const { build } = await import('vite');
  const input = Object.fromEntries(Object.entries(bundled).map(([specifier, name]) => [name, specifier]));
  const half = `${folder}.${process.pid}`;
  mkdirSync(half, { recursive: true });
  await build({
    root,
    configFile: false,
    publicDir: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: true,
      outDir: half,
      emptyOutDir: false,
      minify: false,
      rolldownOptions: { input, treeshake: false, output: { entryFileNames: '[name].mjs' } },
    },
  });
  const places = Object.fromEntries(Object.entries(bundled).map(([specifier, name]) => [specifier, `./${name}.mjs`]));
  writeFileSync(path.join(half, 'hook.mjs'), hookOf(places));
  // Another run may have made the same ones meanwhile; either are good.
  if (existsSync(folder)) rmSync(half, { recursive: true });
  else renameSync(half, folder);
}

function hookOf(places: Readonly<Record<string, string>>): string {
  return `import { registerHooks } from 'node:module';
const places = new Map(Object.entries(${JSON.stringify(places)}));
registerHooks({
  resolve(specifier, context, next) {
    const place = places.get(specifier);
    if (place === undefined) return next(specifier, context);
    return { url: new URL(place, import.meta.url).href, format: 'module', shortCircuit: true };
  },
});
`;
}
