// Which folder may know which: the direction of every import in the project.
import { folderOf, importsOf, resolveImport, type SourceFile, type Violation, withoutComments } from './source.ts';

/** A folder knows itself and what stands here; nobody knows boot, bench, verifier and test but the last two. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  events: ['kernel'],
  policies: ['kernel', 'events'],
  commands: ['kernel', 'events', 'policies'],
  sql: ['kernel', 'events', 'policies', 'commands'],
  projections: ['kernel', 'events', 'policies', 'commands', 'sql'],
  web: [],
  sandbox: ['kernel'],
  models: ['kernel'],
  runs: ['kernel', 'events', 'models', 'sandbox'],
  workers: ['kernel', 'events', 'policies', 'commands', 'sql', 'projections', 'sandbox', 'models', 'runs'],
  api: ['kernel', 'events', 'policies', 'commands', 'sql', 'projections', 'models'],
  /** Published by themselves. */
  clients: [],
  boot: [
    'kernel',
    'events',
    'policies',
    'commands',
    'sql',
    'projections',
    'sandbox',
    'models',
    'runs',
    'workers',
    'api',
  ],
  verifier: ['kernel'],
  bench: [
    'kernel',
    'events',
    'policies',
    'commands',
    'sql',
    'projections',
    'runs',
    'sandbox',
    'workers',
    'api',
    'boot',
    'test',
  ],
  test: [
    'kernel',
    'events',
    'policies',
    'commands',
    'sql',
    'projections',
    'sandbox',
    'models',
    'runs',
    'workers',
    'api',
    'boot',
    'bench',
    'verifier',
    'clients',
  ],
};

export function findWrongDirections(files: readonly SourceFile[]): Violation[] {
  return eachImport(files, (file, specifier, target) => {
    if (target === null) return null;
    const from = folderOf(file.name);
    const to = folderOf(target);
    const known = allowed[from];
    if (known === undefined) return `the folder ${from} is not on the map of imports`;
    return from === to || known.includes(to) ? null : `${from} must not know ${to} (${specifier})`;
  });
}

/** Decisions and facts depend on their arguments alone; time, ids and looked-up facts are handed to them. */
const impureNames =
  /\b(?:Date(?!\w)|process\.|crypto\.|fetch\(|Math\.random|performance\.|setTimeout|setInterval|setImmediate|queueMicrotask|async |await |Promise\.|globalThis)/;
const purePackages = new Set(['typebox', 'typebox/value', 'typebox/schema']);
const pureFolders = new Set(['events', 'commands', 'policies']);

export function findImpurities(files: readonly SourceFile[]): Violation[] {
  const pure = files.filter((file) => pureFolders.has(folderOf(file.name)) && file.name.endsWith('.ts'));
  const imports = eachImport(pure, (_file, specifier, target) =>
    target !== null || purePackages.has(specifier) ? null : `must be pure, but knows ${specifier}`,
  );
  const names = pure.flatMap((file) => {
    const used = impureNames.exec(withoutComments(file));
    return used === null ? [] : [violation('purity', file, `must be pure, but uses ${used[0].trim()}`)];
  });
  return [...imports, ...names];
}

/** Inside these folders only the index, which lists the nouns, knows more than one of them. */
export function findNounsThatKnowNouns(files: readonly SourceFile[]): Violation[] {
  const nouns = files.filter((file) => /^(?:events|commands)\/(?!index\.ts$)/.test(file.name));
  const names = new Set(nouns.map(({ name }) => name.replace(/\.ts$/, '')));
  const wholeOf = (name: string): string => findWhole(name.replace(/\.ts$/, ''), names);
  return eachImport(nouns, (file, specifier, target) =>
    target !== null && folderOf(target) === folderOf(file.name) && wholeOf(target) !== wholeOf(file.name)
      ? `one noun must not know another (${specifier})`
      : null,
  );
}

/** `story-custody` is a part of the noun `story`, in a file of its own, and `story-custody-run` a part of that. */
function findWhole(name: string, names: ReadonlySet<string>): string {
  const wholes = Array.from(name.matchAll(/-/g), ({ index }) => name.slice(0, index));
  return wholes.find((whole) => names.has(whole)) ?? name;
}

/** The driver is known where connections are made, and nowhere else. */
export function findStrayDrivers(files: readonly SourceFile[]): Violation[] {
  const strangers = files.filter((file) => !['sql', 'boot', 'test', 'bench'].includes(folderOf(file.name)));
  return eachImport(strangers, (_file, specifier) =>
    specifier === 'pg' ? 'only sql and boot may know the driver' : null,
  );
}

type Judge = (file: SourceFile, specifier: string, target: string | null) => string | null;

function eachImport(files: readonly SourceFile[], judge: Judge): Violation[] {
  return files.flatMap((file) =>
    importsOf(file.text).flatMap((specifier) => {
      const detail = judge(file, specifier, resolveImport(file.name, specifier));
      return detail === null ? [] : [violation('import', file, detail)];
    }),
  );
}

function violation(rule: string, file: SourceFile, detail: string): Violation {
  return { rule, file: file.name, detail };
}
