// The rules of the project that no other tool holds. Each is first shown a violation, so that it is known to see one.
import { test } from 'tap';
import {
  findImpurities,
  findNounsThatKnowNouns,
  findStrayDrivers,
  findWrongDirections,
} from './support/import-rules.ts';
import { readSources, type SourceFile, type Violation } from './support/source.ts';
import {
  codesOf,
  findBadNames,
  findLongFiles,
  findLongOpenings,
  findLoudSql,
  findSilencers,
  findStraySql,
  findTakenCodes,
  findTakenNumbers,
} from './support/text-rules.ts';

const sources = await readSources();

interface Rule {
  readonly title: string;
  readonly find: (files: readonly SourceFile[]) => Violation[];
  /** Each of these must be seen … */
  readonly planted: readonly SourceFile[];
  /** … and none of these. */
  readonly harmless: readonly SourceFile[];
}

function source(name: string, ...lines: readonly string[]): SourceFile {
  return { name, text: `${lines.join('\n')}\n` };
}

function lines(count: number): string[] {
  return Array.from({ length: count }, () => 'x');
}

const rules: readonly Rule[] = [
  {
    title: 'imports go downwards',
    find: findWrongDirections,
    planted: [
      source('kernel/id.ts', "import { story } from '../events/story.ts';"),
      source('events/story.ts', "import type { Database } from '../sql/database.ts';"),
      source('sql/ledger.ts', "import { storyView } from '../projections/story.ts';"),
      source('api/story.ts', "import { deliver } from '../workers/delivery.ts';"),
      source('workers/delivery.ts', "export { route } from '../api/route.ts';"),
      source('api/main.ts', "const { main } = await import('../boot/main.ts');"),
      source('boot/main.ts', "import { given } from '../test/support/given.ts';"),
      source('sandbox/chain.ts', "import type { Database } from '../sql/database.ts';"),
      source('web/app/page/login.tsx', "import type { Session } from '../../../events/session.ts';"),
      source('api/platform/web-page.ts', "import { pages } from '../../web/app/pages.ts';"),
      source('verifier/main.ts', "import { openDatabase } from '../sql/database.ts';"),
      source('extra/thing.ts', "import { id } from '../kernel/id.ts';"),
      source('api/http/admission.ts', 'import {', '  deliver,', "} from '../../workers/delivery.ts';"),
    ],
    harmless: [
      source('verifier/log-check.ts', "import { leafHash } from '../kernel/merkle.ts';"),
      source('api/http/admission.ts', "import { problem } from '../problem.ts';", "import pg from 'pg';"),
      source('test/api/story.test.ts', "import { main } from '../../boot/main.ts';"),
      source('projections/story.ts', "import { story } from '../events/story.ts';"),
    ],
  },
  {
    title: 'facts, commands and policies are pure',
    find: findImpurities,
    planted: [
      source('events/story.ts', "import { createHash } from 'node:crypto';"),
      source('commands/story.ts', "import pg from 'pg';"),
      source('policies/story.ts', 'const now = new Date();'),
      source('commands/epic.ts', 'const id = Math.random();'),
      source('commands/agent.ts', 'export async function decide() {}'),
      source('events/key.ts', 'const home = process.env.HOME;'),
    ],
    harmless: [
      source('events/story.ts', "import { Type } from 'typebox';", '// A new Date() would be impure here.'),
      source('commands/story.ts', 'const data = DateText;', "const text = 'processed';"),
      source('kernel/id.ts', "import { randomFillSync } from 'node:crypto';"),
    ],
  },
  {
    title: 'one noun does not know another',
    find: findNounsThatKnowNouns,
    planted: [
      source('events/story.ts', "import { epicStream } from './epic.ts';"),
      source('commands/story.ts', "import { createEpic } from '../commands/epic.ts';"),
      source('events/story.ts', "import { storyboard } from './storyboard.ts';"),
    ],
    harmless: [
      source('events/story.ts', "import { custodySteps } from './story-custody.ts';"),
      source('events/index.ts', "import { epicStream } from './epic.ts';"),
      source('commands/story.ts', "import { epicStream } from '../events/epic.ts';"),
      source('policies/story.ts', "import { openEpic } from './epic.ts';"),
    ],
  },
  {
    title: 'the driver is known in sql and boot alone',
    find: findStrayDrivers,
    planted: [
      source('projections/story.ts', "import pg from 'pg';"),
      source('workers/a.ts', "import type pg from 'pg';"),
    ],
    harmless: [
      source('sql/database.ts', "import pg from 'pg';"),
      source('api/page.ts', "import { page } from './pg.ts';"),
    ],
  },
  {
    title: 'a name is in kebab-case and says something',
    find: findBadNames,
    planted: [
      source('api/storyRoutes.ts'),
      source('sql/Ledger.ts'),
      source('api/helpers.ts'),
      source('sql/date-utils.ts'),
      source('workers/queue-manager.ts'),
      source('test/common.test.ts'),
    ],
    harmless: [source('api/rate-limit.ts'), source('test/api/story.test.ts'), source('sql/commonwealth.ts')],
  },
  {
    title: 'a file has at most 400 lines, a test 500',
    find: findLongFiles,
    planted: [source('api/story.ts', ...lines(401)), source('test/a.test.ts', ...lines(501))],
    harmless: [
      source('api/story.ts', ...lines(400)),
      source('test/a.test.ts', ...lines(500)),
      source('sql/schema.sql', ...lines(2000)),
    ],
  },
  {
    title: 'no comment switches a check off',
    find: findSilencers,
    planted: [
      source('api/a.ts', '// eslint-disable-next-line no-console'),
      source('api/b.ts', '/* oxlint-disable */'),
      source('api/c.ts', '// @ts-expect-error'),
      source('api/d.ts', '// @ts-ignore'),
    ],
    harmless: [source('api/a.ts', '// The linter finds this.')],
  },
  {
    title: 'a file opens with one to three lines that say what it owns',
    find: findLongOpenings,
    planted: [source('api/a.ts', '// 1', '// 2', '// 3', '// 4'), source('sql/b.ts', 'x')],
    harmless: [
      source('api/a.ts', '// 1', '// 2', '// 3', 'x'),
      source('test/a.test.ts', 'x'),
      source('sql/functions/a.sql', 'x'),
    ],
  },
  {
    title: 'SQL stands in sql and projections',
    find: findStraySql,
    planted: [
      source('api/story.ts', "const text = 'select id from view.stories where tenant_id = $1';"),
      source('workers/a.ts', 'const text = `', '  insert into view.stories values (1)', '`;'),
      source('policies/a.ts', "query('UPDATE view.stories SET title = $1')"),
      source('api/b.ts', `const text = "select set_config('app.tenant_id', $1, true)";`),
    ],
    harmless: [
      source('api/story.ts', "const text = 'Pick a story from the list and update it.';"),
      source('projections/story.ts', "const text = 'select id from view.stories';"),
      source('api/c.ts', '// select id from view.stories'),
    ],
  },
  {
    title: 'SQL is written in lower case',
    find: findLoudSql,
    planted: [
      source('sql/functions/a.sql', 'SELECT 1;'),
      source('policies/a.sql', 'create policy p on t FOR select;', 'GRANT x;'),
    ],
    harmless: [source('sql/functions/a.sql', '-- SELECT is refused', "raise exception 'no DELETE here';")],
  },
  {
    title: 'a migration number is given once',
    find: findTakenNumbers,
    planted: [source('sql/migrations/0001-log.sql', '-- x'), source('sql/migrations/0001-other.sql', '-- x')],
    harmless: [source('sql/migrations/0001-log.sql'), source('sql/migrations/0002-other.sql')],
  },
  {
    title: 'an error code is declared once',
    find: findTakenCodes,
    planted: [
      source(
        'policies/a.ts',
        'defineRefusals({',
        "  story_taken: { kind: 'conflict', title: '{', remedy: '' },",
        '});',
      ),
      source('policies/b.ts', 'defineRefusals({', '  story_free: {},', '  story_taken: {},', '});'),
    ],
    harmless: [
      source('policies/a.ts', 'defineRefusals({', '  story_taken: { nested: { story_free: {} } },', '});'),
      source('policies/b.ts', 'defineRefusals({', '  story_free: {},', '});'),
    ],
  },
];

/** Rules over pairs of files see nothing in one alone. */
const pairwise = new Set<Rule['find']>([findTakenNumbers, findTakenCodes]);

for (const rule of rules) {
  test(rule.title, async (t) => {
    const cases = pairwise.has(rule.find) ? [rule.planted] : rule.planted.map((file) => [file]);
    for (const files of cases) {
      t.not(rule.find(files).length, 0, `a planted violation in ${files.at(-1)?.name} is seen`);
    }
    t.same(rule.find(rule.harmless), [], 'what is harmless is let through');
    t.same(rule.find(sources), [], 'the project keeps the rule');
  });
}

test('the rules look at the whole project', async (t) => {
  const folders = new Set(sources.map((file) => file.name.split('/')[0]));
  for (const folder of [
    'api',
    'boot',
    'commands',
    'events',
    'kernel',
    'policies',
    'projections',
    'sandbox',
    'sql',
    'test',
    'verifier',
    'workers',
  ]) {
    t.ok(folders.has(folder), folder);
  }
  t.notOk([...folders].some((folder) => folder === 'node_modules'));
  t.ok(sources.flatMap(codesOf).length > 30, 'error codes are found');
});
