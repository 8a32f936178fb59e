import { PassThrough } from 'node:stream';
import { test } from 'tap';
import type { Vessel } from '../../sandbox/attempt.ts';
import { brokenResult } from '../../sandbox/broken.ts';
import { SandboxChain, SandboxUnavailable } from '../../sandbox/chain.ts';
import { VesselPool } from '../../sandbox/pool.ts';
import type { SandboxPort, SandboxRequest, Tier } from '../../sandbox/port.ts';
import type { Ending } from '../../sandbox/verdict.ts';

const request: SandboxRequest = { language: 'python', files: [{ path: 'a.py', content: '' }], entry: 'a.py' };

const both: readonly Tier[] = ['docker', 'bubblewrap'];

function port(tier: Tier, obstacle: string | null): SandboxPort {
  return {
    tier,
    findObstacle: () => Promise.resolve(obstacle),
    run: () => Promise.resolve(brokenResult(tier, 'broken', 1)),
    close: () => Promise.resolve(),
  };
}

test('the first tier that works here runs the code', async (t) => {
  const chain = new SandboxChain(
    [port('docker', 'no engine'), port('bubblewrap', null), port('bubblewrap', 'no')],
    both,
  );
  t.equal((await chain.run(request)).tier, 'bubblewrap');
});

test('a tier that breaks on the way hands the code to no weaker one', async (t) => {
  const chain = new SandboxChain([port('docker', null), port('bubblewrap', null)], both);
  t.match(await chain.run(request), { tier: 'docker', verdict: 'sandbox_error' });
});

test('where no tier works nothing is run, and each says why', async (t) => {
  const chain = new SandboxChain([port('docker', 'no engine'), port('bubblewrap', 'no file')], both);
  const refused: unknown = await chain.run(request).catch((error: unknown) => error);
  t.ok(refused instanceof SandboxUnavailable);
  t.match(refused, {
    obstacles: [
      { tier: 'docker', reason: 'no engine' },
      { tier: 'bubblewrap', reason: 'no file' },
    ],
  });
  t.ok((await new SandboxChain([], []).run(request).catch((error: unknown) => error)) instanceof SandboxUnavailable);
});

test('a tier that is not allowed is not taken, and one that is allowed and not there is named', async (t) => {
  const chain = new SandboxChain([port('wasm', null)], ['docker']);
  await t.rejects(chain.run(request), {
    message: /^no sandbox: docker: no engine .* DOCKER_HOST/,
    obstacles: [{ tier: 'docker' }],
  });
});

interface FakeVessel extends Vessel {
  readonly number: number;
  end(): void;
}

function vessels(): { made: FakeVessel[]; discarded: number[]; make: () => Promise<FakeVessel> } {
  const made: FakeVessel[] = [];
  const discarded: number[] = [];
  const make = (): Promise<FakeVessel> => {
    const number = made.length;
    const { promise, resolve } = Promise.withResolvers<Ending>();
    const ending: Ending = { exitCode: 0, oom: false, pids: false, trouble: null };
    const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
    const vessel: FakeVessel = {
      ...streams,
      number,
      tier: 'docker',
      ended: promise,
      end: () => resolve(ending),
      command: () => '',
      kill: () => Promise.resolve(),
      discard: () => Promise.resolve(void discarded.push(number)),
    };
    made.push(vessel);
    return Promise.resolve(vessel);
  };
  return { made, discarded, make };
}

test('a pool gives each sandbox once and makes another in its place', async (t) => {
  const { make, made } = vessels();
  const pool = new VesselPool({ make, size: 2 });
  pool.refill();
  await pool.settled();
  t.equal(pool.waiting, 2);
  const taken = await Promise.all([pool.take(), pool.take(), pool.take()]);
  t.equal(new Set(taken.map(({ number }) => number)).size, 3);
  await pool.settled();
  t.equal(pool.waiting, 2);
  t.equal(made.length, 5);
});

test('a pool gives nothing that died while it waited, and nothing that is old', async (t) => {
  const { make, made, discarded } = vessels();
  const pool = new VesselPool({ make, size: 1, maxAgeMs: 1_000_000 });
  pool.refill();
  await pool.settled();
  made[0]?.end();
  await new Promise(setImmediate);
  t.equal((await pool.take()).number, 1);
  t.same(discarded, [0]);
  const brief = new VesselPool({ make, size: 1, maxAgeMs: -1 });
  brief.refill();
  await brief.settled();
  const old = made.length - 1;
  t.not((await brief.take()).number, old);
  t.ok(discarded.includes(old));
});

test('a closed pool leaves nothing behind', async (t) => {
  const { make, made, discarded } = vessels();
  const pool = new VesselPool({ make, size: 3 });
  pool.refill();
  await pool.close();
  t.equal(discarded.length, made.length);
  pool.refill();
  t.equal(made.length, 3);
});
