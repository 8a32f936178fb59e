// Run by `npm ci`: builds the pages. An install without development dependencies has no builder, and builds none.
import { existsSync } from 'node:fs';

const hasBuilder = existsSync(new URL('../node_modules/vite/package.json', import.meta.url));

if (hasBuilder && process.features.typescript) await import('./build.ts');
else process.stdout.write('The web pages are not built: that takes the development dependencies.\n');
