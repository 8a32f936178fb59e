// What the runs of this process go on with: steps, sandboxes, models, and the way of live output to whoever listens.
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { JsonObject } from '../kernel/event.ts';
import { next } from '../runs/next.ts';
import { performerWith } from '../runs/perform.ts';
import { BubblewrapSandbox } from '../sandbox/bubblewrap/sandbox.ts';
import type { SandboxPort } from '../sandbox/port.ts';
import { WasmSandbox } from '../sandbox/wasm/sandbox.ts';
import type { Database } from '../sql/database.ts';
import type { TenantKeys } from '../sql/tenant-keys.ts';
import { createAsker } from '../workers/asker.ts';
import type { RunParts } from '../workers/main.ts';
import type { RunObserver } from '../workers/run-observer.ts';
import { createVerifier } from '../workers/verification.ts';
import type { Config } from './config.ts';

export interface OpenRuns {
  readonly parts: RunParts;
  close(): Promise<void>;
}

interface RunSources {
  readonly config: Config;
  readonly database: Database;
  readonly masterKey: Buffer;
  readonly tenantKeys: TenantKeys;
  readonly publish: (tenantId: string, topic: string, data: JsonObject) => void;
  readonly watcher: string;
  readonly observe?: RunObserver;
}

export async function openRuns(sources: RunSources): Promise<OpenRuns> {
  const { config, database, masterKey, tenantKeys, publish, watcher, observe } = sources;
  const sandboxes = await openSandboxes(config);
  const asker = createAsker({
    database,
    masterKey,
    allowPrivate: config.modelAllowPrivate,
    scripts: config.scriptedModels,
  });
  const verify = createVerifier({ database, tenantKeys, allowLocal: config.gitAllowLocal });
  return {
    parts: {
      atOnce: config.runs,
      sandboxes,
      publish,
      watcher,
      next,
      perform: performerWith(verify),
      ask: asker.ask,
      ...(observe === undefined ? {} : { observe }),
    },
    async close() {
      await Promise.all(sandboxes.map((sandbox) => sandbox.close()));
      await asker.close();
    },
  };
}

/** Strongest first. What does not work here says so when it is asked. */
async function openSandboxes(config: Config): Promise<SandboxPort[]> {
  if (config.runs === 0) return [];
  const wasm = new WasmSandbox({ folder: path.join(config.dataFolder, 'wasm') });
  return [...(await openDocker(config)), new BubblewrapSandbox(), wasm];
}

async function openDocker({ dockerSocket, containersWaiting }: Config): Promise<SandboxPort[]> {
  if (dockerSocket === null || !existsSync(dockerSocket)) return [];
  const { DockerSandbox } = await import('../sandbox/docker/sandbox.ts');
  const docker = new DockerSandbox({
    socketPath: dockerSocket,
    waiting: { python: containersWaiting, javascript: containersWaiting },
  });
  // The server is ready without it.
  void docker.tend();
  return [docker];
}
