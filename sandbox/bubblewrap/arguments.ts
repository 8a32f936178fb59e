// The words that start one sandbox: what it sees of this machine, which is programs and nothing else.
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { launcherText } from '../launcher.ts';
import type { BuiltLimits } from '../port.ts';

/** Nobody. */
const user = '65534';

/** The number under which the filter's program is handed over. */
export const seccompDescriptor = 3;

export interface Place {
  /** Whose /usr is shown; the system's own by default. */
  readonly root: string;
  /** Null where there is none that nobody may read and run. */
  readonly node: string | null;
}

export function bubblewrapArguments(place: Place, limits: BuiltLimits, hasGroup: boolean): string[] {
  const size = String(limits.fileBytes);
  const folder = (name: string): string[] => ['--perms', '0700', '--size', size, '--tmpfs', name];
  const links = ['bin', 'sbin', 'lib', 'lib64'].filter((name) => existsSync(path.join(place.root, 'usr', name)));
  return [
    '--unshare-all',
    '--unshare-user',
    '--disable-userns',
    '--die-with-parent',
    '--new-session',
    '--cap-drop',
    'ALL',
    '--uid',
    user,
    '--gid',
    user,
    '--hostname',
    'sandbox',
    '--clearenv',
    '--setenv',
    'PATH',
    '/usr/local/bin:/usr/bin:/bin',
    '--ro-bind',
    path.join(place.root, 'usr'),
    '/usr',
    ...links.flatMap((name) => ['--symlink', `usr/${name}`, `/${name}`]),
    ...(place.node === null ? [] : ['--ro-bind', place.node, '/opt/node']),
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    ...folder('/work'),
    ...folder('/tmp'),
    '--remount-ro',
    '/',
    '--chdir',
    '/work',
    '--seccomp',
    String(seccompDescriptor),
    '--',
    ...limitWords(limits, hasGroup),
    '/bin/sh',
    '-c',
    launcherText,
  ];
}

/** Set inside, where processes are counted apart from all others of the same user. */
function limitWords(limits: BuiltLimits, hasGroup: boolean): string[] {
  const { memoryBytes, pids, cpuMs, fileBytes, openFiles } = limits;
  const seconds = Math.ceil(cpuMs / 1_000);
  return [
    'prlimit',
    `--nofile=${openFiles}`,
    `--fsize=${fileBytes}`,
    '--core=0',
    `--cpu=${seconds}:${seconds + 1}`,
    // A group counts all processes together and says when it had to kill; without one each is held by itself.
    ...(hasGroup ? [] : [`--nproc=${pids}`, `--data=${memoryBytes}`]),
    '--',
  ];
}

/** What joins the group and drops root's rights before anything else happens. */
export const entranceScript =
  'for entrance in $ENTRANCES; do echo $$ > "$entrance" || exit 125; done; unset ENTRANCES; exec "$@"';

export const dropWords = ['setpriv', '--reuid', user, '--regid', user, '--clear-groups', '--no-new-privs', '--'];

/** The first node that somebody without any rights may run. */
export function findNode(candidates: readonly string[]): string | null {
  return candidates.find((file) => (process.getuid?.() === 0 ? isOpenToAll(file) : isRunnable(file))) ?? null;
}

function isRunnable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isOpenToAll(file: string): boolean {
  if (!isRunnable(file)) return false;
  for (let folder = path.dirname(file); folder !== '/'; folder = path.dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
  }
  return (statSync(file).mode & 0o005) === 0o005;
}
