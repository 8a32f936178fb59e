// The data of a server that needs nothing but a folder: its lock, its embedded and migrated PostgreSQL, its runtime info.
import { mkdir } from 'node:fs/promises';
import { migrate } from '../sql/migrate.ts';
import { lockData } from './data-lock.ts';
import { type EmbeddedPostgres, startEmbedded } from './embedded-postgres.ts';
import { markOf } from '../kernel/process-mark.ts';
import { clearRuntimeInfo, writeRuntimeInfo } from './runtime-info.ts';

export interface LocalData {
  readonly url: string;
  readonly workerUrl: string;
  /** Lets tools on this machine find the server, once it answers. */
  announce(apiUrl: string): Promise<void>;
  close(): Promise<void>;
}

export async function openLocalData(
  dataFolder: string,
  apiUrl: string,
  say: (line: string) => void,
): Promise<LocalData> {
  await mkdir(dataFolder, { recursive: true, mode: 0o711 });
  const lock = await lockData(dataFolder, apiUrl);
  let postgres: EmbeddedPostgres | undefined;
  const close = async (): Promise<void> => {
    await clearRuntimeInfo(dataFolder);
    await postgres?.stop();
    await lock.release();
  };
  try {
    postgres = await startEmbedded(dataFolder, say);
    const { adminUrl, appUrl, workerUrl, appPassword, workerPassword } = postgres;
    await migrate({ adminUrl, appPassword, workerPassword });
    const urls = { admin_url: adminUrl, app_url: appUrl, worker_url: workerUrl };
    return {
      url: appUrl,
      workerUrl,
      announce: (answering) => writeRuntimeInfo(dataFolder, { ...markOf(process.pid), ...urls, api_url: answering }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
