import { test } from 'tap';
import { mergeParts } from '../../runs/merge.ts';

test('one part stays as it is', (t) => {
  const code = 'x = 1\n\nimport late\n';
  t.equal(mergeParts('python', [{ id: 'main', code }]), code);
  t.end();
});

test('imports of Python come first and once, and those from the future before them', (t) => {
  const merged = mergeParts('python', [
    {
      id: 'first-part',
      code: 'import os\nfrom a import (\n    b,  # why\n    c,\n)\n\ndef one():\n    import json\n    return """\nimport nothing\n"""\n',
    },
    {
      id: 'second',
      code: "from __future__ import annotations\nimport  os\nfrom a import b, c\nfrom first_part import one\nimport second\nx = [\n'import no',\nimportant\n]\n",
    },
  ]);
  t.equal(
    merged,
    'from __future__ import annotations\nimport os\nfrom a import b, c\n\n\ndef one():\n    import json\n    return """\nimport nothing\n"""\n\n\nx = [\n\'import no\',\nimportant\n]\n',
  );
  t.end();
});

test('an import goes on where a line says so', (t) => {
  const merged = mergeParts('python', [
    { id: 'a', code: 'from x import y, \\\n    z\nv = 1\n' },
    { id: 'b', code: 's = "it\'s \\" # no"\nimport w\n' },
  ]);
  t.equal(merged, 'from x import y, z\nimport w\n\n\nv = 1\n\n\ns = "it\'s \\" # no"\n');
  t.end();
});

test('imports of JavaScript bind a name once', (t) => {
  const merged = mergeParts('javascript', [
    {
      id: 'one',
      code: "import fs, { a } from 'node:fs';\nimport * as path from 'node:path';\nexport default function one() {}\nexport function two() {}\nexport default one;\n",
    },
    {
      id: 'last',
      code: "import {\n  a,\n  b as c,\n} from 'node:fs';\nimport { one } from './one.mjs';\nimport 'side';\nconst util = require('util')\nexport default class Last {}\n",
    },
  ]);
  t.equal(
    merged,
    "import fs from 'node:fs';\nimport { a, b as c } from 'node:fs';\nimport * as path from 'node:path';\nimport 'side';\nconst util = require('util');\n\nfunction one() {}\nexport function two() {}\n\nexport default class Last {}\n",
  );
  t.end();
});
