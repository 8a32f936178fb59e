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
    const exited = container.wait({ condition: 'next-exit' });
    const ended = endOf(container, exited);
    await container.start();
    return {
      container,
      tier: 'docker',
      image: options.Image ?? '',
      stdin: stream as Duplex,
      stdout,
      stderr,
      ended,
      command: (request) => shellWords(interpreters, request),
      isFull: () => isFull(container),
      kill: () => container.kill().catch(() => undefined),
      discard: () => discard(container),
    };
  } catch (error) {
    await discard(container);
    throw error;
  }
}

async function endOf(container: Docker.Container, exited: Promise<unknown>): Promise<Ending> {
  try {
    await exited;
    const { State } = await container.inspect();
    const trouble = State.Error === '' ? null : State.Error;
    return { exitCode: State.ExitCode, oom: State.OOMKilled, pids: false, trouble };
  } catch (error) {
    return { exitCode: null, oom: false, pids: false, trouble: `the engine was lost: ${textOf(error)}` };
  }
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
