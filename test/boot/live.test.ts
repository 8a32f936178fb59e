import { test } from 'tap';
import { startRunServer } from '../support/run-server.ts';
import { skipReason } from '../support/sandbox.ts';

const comment = '# It takes a while to say all of this.\n'.repeat(40);
/** What is on its way when a run ends is dropped. */
const code = `${comment}import time\ntime.sleep(1)\ndef add(a, b):\n    return a + b\n`;
const script = {
  answers: [{ purpose: 'code', delay_ms: 1_500, text: `\`\`\`python\n${code}\`\`\`` }],
};

test(
  'where the worker is a process of its own, what a run says live reaches whoever watches at the API',
  { skip: await skipReason('bubblewrap', 'python') },
  async (t) => {
    const { url, secret, say, stop, output } = await startRunServer(t, script, true);
    const wanted = { language: 'python', tests: 'assert add(1, 2) == 3', model: 'script/demo', tiers: ['bubblewrap'] };
    const { id } = await say<{ id: string }>('POST', '/runs', { ...wanted, prompt: 'Write add(a, b).' });
    const headers = { authorization: `Bearer ${secret}` };
    const told = await (await fetch(`${url}/api/v1/runs/${id}/stream`, { headers })).text();
    const deltas = [...told.matchAll(/^event: delta\ndata: (.*)$/gm)].map(
      ([, data = '{}']) => JSON.parse(data) as { kind: string; text: string },
    );
    t.match(deltas.map(({ text }) => text).join(''), comment);
    t.match(told, '"run.succeeded"');
    t.equal(await stop(), 0, output());
  },
);
