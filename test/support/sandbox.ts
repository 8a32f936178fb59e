// The tiers as this machine has them. A build machine must have all; elsewhere a missing one is said aloud.
import path from 'node:path';
import { BubblewrapSandbox } from '../../sandbox/bubblewrap/sandbox.ts';
import { DockerSandbox } from '../../sandbox/docker/sandbox.ts';
import { WasmSandbox } from '../../sandbox/wasm/sandbox.ts';
import type { Language, SandboxPort, Tier } from '../../sandbox/port.ts';

const root = path.resolve(import.meta.dirname, '../..');

export function openTier(tier: Tier, waiting = 0): SandboxPort {
  const open: Record<Tier, () => SandboxPort> = {
    docker: () => new DockerSandbox({ ...engine(), waiting: { python: waiting, javascript: waiting } }),
    bubblewrap: () => new BubblewrapSandbox(),
    wasm: () => new WasmSandbox({ folder: path.join(root, '.tap/wasm') }),
  };
  return open[tier]();
}

/** Where the engine listens, as every tool of it is told. */
export function engine(): { readonly socketPath?: string } {
  const socketPath = /^unix:\/\/(.+)$/.exec(process.env['DOCKER_HOST'] ?? '')?.[1];
  return socketPath === undefined ? {} : { socketPath };
}

/** Why tests of a tier are skipped; false when they are not. */
export async function skipReason(tier: Tier, language: Language): Promise<string | false> {
  const port = openTier(tier);
  const obstacle = await port.findObstacle(language);
  await port.close();
  return obstacle === null ? false : `no ${tier} for ${language} here: ${obstacle}`;
}

export function program(
  language: Language,
  content: string,
): { files: { path: string; content: string }[]; entry: string } {
  const entry = language === 'python' ? 'main.py' : 'main.mjs';
  return { files: [{ path: entry, content }], entry };
}
