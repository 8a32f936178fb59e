// How a tool on this machine finds the server that runs on a data folder: where it answers and how to reach its database.
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { readJson, replaceFile } from './private-file.ts';
import { isRunning } from '../kernel/process-mark.ts';
import { refuseBoot } from './refusal.ts';

const RuntimeInfo = Type.Object({
  pid: Type.Integer(),
  birth: Type.String(),
  api_url: Type.String(),
  admin_url: Type.String(),
  app_url: Type.String(),
  worker_url: Type.String(),
});
export type RuntimeInfo = Static<typeof RuntimeInfo>;

function fileIn(dataFolder: string): string {
  return path.join(dataFolder, 'runtime.json');
}

export async function writeRuntimeInfo(dataFolder: string, info: RuntimeInfo): Promise<void> {
  await replaceFile(fileIn(dataFolder), `${JSON.stringify(info, null, 2)}\n`);
}

export async function clearRuntimeInfo(dataFolder: string): Promise<void> {
  await rm(fileIn(dataFolder), { force: true });
}

/** Refuses when no server runs there: what a killed one left behind leads nowhere. */
export async function readRuntimeInfo(dataFolder: string): Promise<RuntimeInfo> {
  const info = await readJson(fileIn(dataFolder));
  if (!Value.Check(RuntimeInfo, info) || !isRunning(info)) {
    throw refuseBoot('server_missing', `No server runs on ${dataFolder}; start one with: npm start`);
  }
  return info;
}
