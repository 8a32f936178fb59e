import Docker from 'dockerode';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { test } from 'tap';
import { containerOptions, labels, nameOf } from '../../sandbox/docker/container.ts';
import { isOrphan, isWorkerAlive, nameWorker, removeContainer } from '../../sandbox/docker/reaper.ts';
import { DockerSandbox } from '../../sandbox/docker/sandbox.ts';
import { defaultLimits } from '../../sandbox/request.ts';
import { markOf } from '../../kernel/process-mark.ts';
import { bestOf, msOf } from '../support/pace.ts';
import { engine, program, skipReason } from '../support/sandbox.ts';
import { until } from '../support/workers.ts';

const docker = new Docker(engine());
const skip = await skipReason('docker', 'python');

async function countContainers(): Promise<number> {
  const own = { label: [`${labels.worker}=${nameWorker()}`] };
  return (await docker.listContainers({ all: true, filters: own })).length;
}

test('an engine that is away does not keep a worker from stopping', async (t) => {
  const nowhere = new Docker({ socketPath: '/nowhere/engine' });
  const ms = await msOf(async () => t.equal(await removeContainer(nowhere, 'any'), false));
  t.ok(ms < 20_000, `given up after ${ms.toFixed(0)} ms`);
});

test('the reaper knows whose a container is', (t) => {
  const self = 'host|1|birth';
  const marks = (change: object = {}): Record<string, string> => ({
    [labels.worker]: 'host|2|birth',
    [labels.number]: '7',
    [labels.deadline]: new Date(10_000).toISOString(),
    ...change,
  });
  const judging = { self, owned: new Set(['7']), nowMs: 5_000, isAlive: () => true };
  t.notOk(isOrphan(marks(), judging), 'of another worker that lives');
  t.ok(isOrphan(marks(), { ...judging, isAlive: () => false }), 'of a worker that is gone');
  t.ok(isOrphan(marks(), { ...judging, nowMs: 10_001 }), 'past its deadline');
  t.notOk(isOrphan(marks({ [labels.worker]: self }), { ...judging, nowMs: 99_999 }), 'in hand');
  t.ok(isOrphan(marks({ [labels.worker]: self, [labels.number]: '8' }), judging), 'of this worker, but not in hand');
  t.ok(isOrphan({}, judging), 'without any mark');
  t.ok(isOrphan(marks({ [labels.deadline]: 'never' }), judging), 'with a deadline that is none');
  t.end();
});

test('a worker of this host is seen to live or not, one of another host is believed', (t) => {
  t.ok(isWorkerAlive(nameWorker()));
  t.notOk(isWorkerAlive(nameWorker().replace(/\|\d+\|/, '|999999999|')));
  t.notOk(isWorkerAlive(`${nameWorker()}0`), 'another process under the same number');
  t.ok(isWorkerAlive('elsewhere|1|x'));
  t.end();
});

test('a container has no way out', (t) => {
  const plan = {
    image: 'sha256:0',
    limits: defaultLimits,
    worker: 'w',
    number: 1,
    owner: null,
    deadlineMs: 0,
    runtime: null,
  };
  const { HostConfig: host, ...options } = containerOptions(plan);
  t.match(host, {
    NetworkMode: 'none',
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges:true'],
    ReadonlyRootfs: true,
    Privileged: false,
    Binds: [],
    Memory: defaultLimits.memoryBytes,
    MemorySwap: defaultLimits.memoryBytes,
    PidsLimit: 64,
    Init: true,
    IpcMode: 'private',
    CgroupnsMode: 'private',
    LogConfig: { Type: 'none' },
  });
  t.match(options, { User: '65534:65534', Env: [], NetworkDisabled: true });
  t.notOk('Runtime' in (host ?? {}));
  t.equal(containerOptions({ ...plan, runtime: 'runsc' }).HostConfig?.Runtime, 'runsc');
  const owner = { tenantId: 't', runId: 'r', attempt: 3 };
  t.equal(containerOptions({ ...plan, owner }).name, nameOf(owner));
  t.end();
});

test('a waiting container answers in far less time than a new one', { skip }, async (t) => {
  const port = new DockerSandbox({ ...engine(), waiting: { python: 2 } });
  t.teardown(() => port.close());
  await port.warm();
  const request = { language: 'python' as const, ...program('python', 'import sys; print(sys.stdin.read()[::-1])') };
  const readyMs = async (limits: { readonly pids?: number } = {}): Promise<number> => {
    const result = await port.run({ ...request, stdin: 'abc', limits });
    t.match(result, { verdict: 'ok', stdout: { head: 'cba\n' } });
    return result.timings.readyMs;
  };
  const warmMs = await bestOf(100, async () => {
    await port.warm();
    return await readyMs();
  });
  t.ok(warmMs < 100, `${warmMs} ms`);
  t.ok((await readyMs({ pids: 40 })) > warmMs, 'made for other limits');
});

test('memory that runs out in a process of the code is told', { skip }, async (t) => {
  const port = new DockerSandbox(engine());
  t.teardown(() => port.close());
  const code = `
import subprocess, sys
child = subprocess.run([sys.executable, '-c', 'kept = [bytearray(8_000_000) for _ in range(1000)]'])
print(child.returncode); sys.exit(3)`;
  const result = await port.run({
    language: 'python',
    ...program('python', code),
    limits: { memoryBytes: 67_108_864 },
  });
  t.match(result, { verdict: 'oom', exitCode: 3, stdout: { head: '-9\n' } });
});

test('an attempt has one container, and what was left of it makes room', { skip }, async (t) => {
  const port = new DockerSandbox({ ...engine(), waiting: { python: 1 } });
  t.teardown(() => port.close());
  await port.warm();
  const owner = { tenantId: 't', runId: `r${process.pid}`, attempt: 1 };
  const request = { language: 'python' as const, owner };
  const first = port.run({ ...request, ...program('python', 'import time; time.sleep(60)') });
  await until('it runs', async () => {
    const container = docker.getContainer(nameOf(owner));
    return (await container.inspect().catch(() => null))?.State.Running === true;
  });
  const second = await port.run({ ...request, ...program('python', 'print(2)') });
  t.match(second, { verdict: 'ok', stdout: { head: '2\n' } });
  const { verdict, exitCode } = await first;
  t.not(verdict, 'ok', 'the first one is gone');
  // An engine that is busy does not say in time how it ended.
  t.ok(exitCode === 137 || exitCode === null, `${exitCode}`);
});

test('a run that is given up is dead within two seconds', { skip }, async (t) => {
  const request = { language: 'python' as const, ...program('python', 'import time; time.sleep(60)') };
  const ms = await bestOf(2_000, async () => {
    const port = new DockerSandbox(engine());
    const giveUp = new AbortController();
    const run = port.run({ ...request, signal: giveUp.signal });
    await setTimeout(1_500);
    return msOf(async () => {
      giveUp.abort();
      await t.rejects(run, { name: 'AbortError' });
      await port.close();
    });
  });
  t.ok(ms < 2_000, `${Math.round(ms)} ms`);
  await until('no container is left', async () => (await countContainers()) === 0);
});

test('the reaper removes what nobody owns in every state and leaves the rest', { skip }, async (t) => {
  const port = new DockerSandbox({ ...engine(), waiting: { python: 1 } });
  t.teardown(() => port.close());
  await port.warm();
  const image = (await docker.getImage('loopledger-sandbox-python').inspect()).Id;
  // It lives until all are there: any other reaper would do with them what this one is to do.
  const owner = spawn('sleep', ['600'], { stdio: 'ignore' });
  t.teardown(() => owner.kill('SIGKILL'));
  const { pid, birth } = markOf(owner.pid ?? 0);
  const worker = [nameWorker().split('|')[0], pid, birth.replaceAll(' ', '_')].join('|');
  const left: Docker.Container[] = [];
  for (const number of [process.pid * 10, process.pid * 10 + 1, process.pid * 10 + 2]) {
    const plan = {
      image,
      limits: defaultLimits,
      worker,
      number,
      owner: null,
      deadlineMs: Date.now() + 600_000,
      runtime: null,
    };
    left.push(await docker.createContainer(containerOptions(plan)));
  }
  await left[1]?.start();
  await left[2]?.start();
  await left[2]?.kill();
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  await port.reap();
  const isGone = (container: Docker.Container) =>
    container.inspect().then(
      () => false,
      (error: unknown) => /no such container/i.test(String(error)),
    );
  await until('all are removed', async () => (await Promise.all(left.map(isGone))).every(Boolean));
  t.equal(await countContainers(), 1, 'the waiting one is still there');
});

test('what waits and has died is renewed, and everybody who asks gets one that lives', { skip }, async (t) => {
  const port = new DockerSandbox({ ...engine(), waiting: { python: 1 } });
  t.teardown(() => port.close());
  const find = async (): Promise<string | undefined> => {
    const own = { label: [`${labels.worker}=${nameWorker()}`] };
    return (await docker.listContainers({ all: true, filters: own }))[0]?.Id;
  };
  await port.tend();
  await port.warm();
  const first = await find();
  await docker.getContainer(first as string).remove({ force: true });
  await setTimeout(200);
  await port.tend();
  await port.warm();
  const second = await find();
  t.type(second, 'string');
  t.not(second, first);
  t.match(await port.run({ language: 'python', ...program('python', 'print(1)') }), { verdict: 'ok', trouble: null });
});

test('where there is no engine, that is said and nothing is run', async (t) => {
  const port = new DockerSandbox({ socketPath: '/nonexistent.sock' });
  t.teardown(() => port.close());
  t.match(await port.findObstacle('python'), /ENOENT/);
  const result = await port.run({ language: 'python', ...program('python', '') });
  t.match(result, { verdict: 'sandbox_error', exitCode: null, trouble: /ENOENT/ });
});
