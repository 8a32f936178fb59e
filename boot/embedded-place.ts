// Where the embedded PostgreSQL lives. It cannot run as root, so under root its user has to reach programs and data.
import { createHash, randomBytes } from 'node:crypto';
import { chown, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { canEnter, findEmbeddedBinaries, findIdentity, reachBinaries } from './postgres-binaries.ts';
import type { ClusterPlace } from './postgres-server.ts';
import { createFile, readJson } from './private-file.ts';
import { refuseBoot } from './refusal.ts';

export async function findPlace(dataFolder: string, log: (line: string) => void): Promise<ClusterPlace> {
  const identity = findIdentity();
  await mkdir(dataFolder, { recursive: true, mode: 0o711 });
  const home = await findHome(dataFolder, canEnter(dataFolder, identity));
  if (home !== dataFolder) {
    log(`The user ${identity?.name} cannot reach ${dataFolder}, so the database is kept in ${home}.`);
    await mkdir(home, { recursive: true, mode: 0o711 });
  }
  // Its own folder, because initdb makes files beside the data before it renames.
  const folder = path.join(home, 'postgres');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (identity !== null) await chown(folder, identity.uid, identity.gid);
  const spare = home === dataFolder ? spareHome(dataFolder) : home;
  return {
    identity,
    binaries: await reachBinaries(findEmbeddedBinaries(), identity, spare),
    dataFolder: path.join(folder, 'data'),
    logFile: path.join(dataFolder, 'postgres.log'),
  };
}

/** The folder is remembered: data must be found again when the project, and with it the name, has moved. */
async function findHome(dataFolder: string, reachable: boolean): Promise<string> {
  const file = path.join(dataFolder, 'postgres-home.json');
  const remembered = await readJson(file);
  if (typeof remembered === 'string') return remembered;
  if (reachable) return dataFolder;
  if ((await stat(path.join(dataFolder, 'postgres')).catch(() => null)) !== null) {
    const sentence = `The database in ${dataFolder} cannot be reached by the user that PostgreSQL runs as; make its folders passable (chmod o+x).`;
    throw refuseBoot('embedded_failed', sentence);
  }
  // A name of its own: under one that follows from the folder, a database could lie whose secrets were removed with the folder.
  const home = placeFor(randomBytes(6).toString('hex'));
  await createFile(file, JSON.stringify(home));
  return home;
}

function spareHome(dataFolder: string): string {
  return placeFor(createHash('sha256').update(dataFolder).digest('hex').slice(0, 12));
}

function placeFor(mark: string): string {
  return path.join('/var/lib', `loopledger-${mark}`);
}
