// One container: created, attached, started, its launcher waiting for the only run that it will ever see.
import { type Duplex, PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import type { Vessel } from '../attempt.ts';
import { shellWords } from '../launcher.ts';
import type { Ending } from '../verdict.ts';

const interpreters = { python: ['python3', '-B'], javascript: ['node'] } as const;

export interface ContainerVessel extends Vessel {
  readonly container: Docker.Container;
}

/** For the word of the engine on an end, once the streams are closed or it was told to kill. */
const closedMs = 5_000;
const killedMs = 20_000;

interface Stats {
  readonly pids_stats?: { readonly current?: number; readonly limit?: number };
}

/** Attached before it is started, so that no byte is missed; waited for before, so that no end is. */
export async function startVessel(
  docker: Docker,
  options: Docker.ContainerCreateOptions,
  discard: (container: Docker.Container) => Promise<void>,
): Promise<ContainerVessel> {
  const container = await docker.createContainer(options);
  try {
    const stream = await container.attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true });
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    docker.modem.demuxStream(stream, stdout, stderr);
    const finish = (): void => void (stdout.end(), stderr.end());
    stream.once('end', finish).once('close', finish).once('error', finish);
    const { promise: lost, resolve: lose } = Promise.withResolvers<void>();
    stream
      .once('end', lose)
      .once('close', lose)
      .once('error', () => lose());
    const loss = lossOf(stream);
    const exited = container.wait({ condition: 'next-exit' });
    let isKilled = false;
    const ended = endOf(docker, container, Promise.race([exited, loss.known])).then((ending) =>
      // What we end ourselves is told by whoever ended it.
      isKilled ? { ...ending, trouble: ending.exitCode === null ? ending.trouble : null } : ending,
    );
    await container.start();
    return {
      container,
      tier: 'docker',
      image: options.Image ?? '',
      stdin: stream as Duplex,
      stdout,
      stderr,
      ended,
      lost,
      command: (request) => shellWords(interpreters, request),
      isFull: () => isFull(container),
      async kill() {
        isKilled = true;
        loss.expectEnd(killedMs);
        await container.kill().catch(() => undefined);
      },
      discard: () => discard(container),
    };
  } catch (error) {
    await discard(container);
    throw error;
  }
}

/** An engine that dies does not always break off what it was asked: the client would wait for its answer for ever. */
function lossOf(stream: NodeJS.ReadableStream): { readonly known: Promise<never>; expectEnd(withinMs: number): void } {
  const { promise: known, reject } = Promise.withResolvers<never>();
  known.catch(() => undefined);
  const expectEnd = (withinMs: number): void => {
    setTimeout(() => reject(new Error('it did not tell of the end')), withinMs).unref();
  };
  // All that a container has to say ends with it, and with its engine.
  for (const event of ['end', 'close', 'error']) stream.once(event, () => expectEnd(closedMs));
  return { known, expectEnd };
}

async function endOf(docker: Docker, container: Docker.Container, exited: Promise<unknown>): Promise<Ending> {
  try {
    await exited;
    const { State } = await container.inspect();
    const trouble = State.Error === '' ? await findKill(docker, container.id, State) : State.Error;
    return { exitCode: State.ExitCode, oom: State.OOMKilled, pids: false, trouble };
  } catch (error) {
    return { exitCode: null, oom: false, pids: false, trouble: `the engine was lost: ${textOf(error)}` };
  }
}

/** As SIGTERM and SIGKILL are told. */
const signalled = new Set([143, 137]);

/** An engine that is stopped ends what runs in it, and notes that it did; code that ends itself cannot make it note so. */
async function findKill(
  docker: Docker,
  id: string,
  state: Docker.ContainerInspectInfo['State'],
): Promise<string | null> {
  if (!signalled.has(state.ExitCode) || state.OOMKilled) return null;
  const secondOf = (time: string): number => Math.floor(Date.parse(time) / 1_000);
  const events = await docker.getEvents({
    since: secondOf(state.StartedAt),
    until: secondOf(state.FinishedAt) + 1,
    filters: { container: [id], event: ['kill'] },
  });
  let told = '';
  for await (const chunk of events) told += String(chunk);
  return told.trim() === '' ? null : 'it was ended from outside';
}

async function isFull(container: Docker.Container): Promise<boolean> {
  const stats = (await container.stats({ stream: false, 'one-shot': true })) as Stats;
  const { current = 0, limit = Infinity } = stats.pids_stats ?? {};
  // What fails to start frees its place at once, so that the count is seen just below the limit.
  return current >= limit * 0.9;
}

export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
