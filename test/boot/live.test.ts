import { test } from 'tap';
import { administer } from '../support/database.ts';
import { fetchPatiently } from '../support/pace.ts';
import { startRunServer } from '../support/run-server.ts';
import { skipReason } from '../support/sandbox.ts';
import { until } from '../support/workers.ts';

const comment = '# It takes a while to say all of this.\n'.repeat(40);
const code = `${comment}def add(a, b):\n    return a - b\n`;
const script = {
  answers: [
    { purpose: 'code', text: `\`\`\`python\n${code}\`\`\`` },
    // It is cancelled as soon as all was heard.
    { purpose: 'review', delay_ms: 600_000, text: 'Too late.' },
  ],
};

interface Delta {
  readonly kind: string;
  readonly text: string;
}

function textIn(told: string): string {
  const deltas = [...told.matchAll(/^event: delta\ndata: (.*)$/gm)].map(([, data = '{}']) => JSON.parse(data) as Delta);
  return deltas.map(({ text }) => text).join('');
}

test(
  'where the worker is a process of its own, what a run says live reaches whoever watches at the API',
  { skip: await skipReason('bubblewrap', 'python') },
  async (t) => {
    const { url, urls, secret, say, stop, output } = await startRunServer(t, script, true);
    const wanted = { language: 'python', tests: 'assert add(1, 2) == 3', model: 'script/demo', tiers: ['bubblewrap'] };
    const prompt = 'Write add(a, b).';
    const { id } = await say<{ id: string }>('POST', '/runs', { ...wanted, prompt, needs_approval: true });
    const headers = { authorization: `Bearer ${secret}` };
    const { body } = await fetchPatiently(`${url}/api/v1/runs/${id}/stream`, { headers });
    await administer(urls.adminUrl, (client) =>
      until('it is watched', async () => (await client.query('select from platform.run_watches')).rowCount === 1),
    );
    await say('POST', `/runs/${id}/approve`);
    let told = '';
    let isHeard = false;
    for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      told += chunk;
      if (isHeard || !textIn(told.slice(0, told.lastIndexOf('\n\n') + 2)).includes(comment)) continue;
      isHeard = true;
      await say('POST', `/runs/${id}/cancel`);
    }
    t.match(textIn(told), comment);
    t.match(told, '"run.cancelled"');
    t.equal(await stop(), 0, output());
  },
);
