// What is wrong below HTTP: it is answered or cut off in time, nothing hides behind it, and nothing is written.
import { t as file, test } from 'tap';
import { type Host, openHost } from '../hardening/host.ts';
import { rawAttacks, type RawAttack } from '../hardening/raw-attacks.ts';
import { talk } from '../hardening/raw-talk.ts';
import { newMark } from '../hardening/party.ts';
import type { Founded } from '../support/server.ts';

const stage = (async (): Promise<{ host: Host; founded: Founded }> => {
  const host = await openHost(file, { options: { requestTimeoutMs: 800, headersTimeoutMs: 600 } });
  const { founded } = await host.found();
  return { host, founded };
})();

function piecesOf(founded: Founded): { head: string; body: string } {
  const fields = ['host: x', `authorization: Bearer ${founded.userKey}`, 'content-type: application/json'];
  return { head: `${fields.join('\r\n')}\r\n`, body: JSON.stringify({ name: newMark() }) };
}

async function faultOf(host: Host, founded: Founded, attack: RawAttack): Promise<string | null> {
  const before = await host.position(founded.tenantId);
  const heard = await talk(host.url, attack);
  const written = (await host.position(founded.tenantId)) - before;
  const shown = `${attack.name}: ${JSON.stringify(heard.text.slice(0, 300))}`;
  if (heard.ms > 29_000) return `hung: ${shown}`;
  if (heard.statuses.some((status) => status >= 500)) return `failed: ${shown}`;
  if (written > (attack.mayPass === true ? 1 : 0)) return `wrote ${written}: ${shown}`;
  if (heard.statuses.length > 1) return `was taken for ${heard.statuses.length} requests: ${shown}`;
  if (attack.mayPass !== true && heard.statuses.some((status) => status < 400)) return `was accepted: ${shown}`;
  const isProblem = heard.statuses.every((status) => status < 400 || heard.text.includes('application/problem+json'));
  return isProblem ? null : `no problem: ${shown}`;
}

test('the good request that all attacks are made of is accepted', async (t) => {
  const { host, founded } = await stage;
  const { head, body } = piecesOf(founded);
  const length = `content-length: ${body.length}\r\n`;
  const heard = await talk(host.url, { parts: [`POST /api/v1/agents HTTP/1.1\r\n${head}${length}\r\n${body}`] });
  t.same(heard.statuses, [201]);
  const chunks = `transfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  const again = await talk(host.url, { parts: [`POST /api/v1/agents HTTP/1.1\r\n${head}${chunks}`] });
  t.same(again.statuses, [409], 'the body in chunks is the same body');
});

test('nothing that is wrong below HTTP is written, hidden, or left hanging', async (t) => {
  const { host, founded } = await stage;
  const names = rawAttacks(piecesOf(founded));
  const faults: (string | null)[] = [];
  for (const { name } of names) {
    // Each with an agent of its own, so that none is refused for the name alone.
    const attack = rawAttacks(piecesOf(founded)).find((one) => one.name === name) as RawAttack;
    faults.push(await faultOf(host, founded, attack));
  }
  t.same(
    faults.filter((fault) => fault !== null),
    [],
  );
  t.ok(names.length > 80, `${names.length} attacks`);
});

test('the server is as well as before', async (t) => {
  const { host, founded } = await stage;
  const got = await host.line.send({
    method: 'GET',
    path: '/api/v1/whoami',
    headers: { authorization: `Bearer ${founded.userKey}` },
  });
  t.equal(got.status, 200);
  const lines = host.logged.join('');
  t.notMatch(lines, /unexpected error/);
});
