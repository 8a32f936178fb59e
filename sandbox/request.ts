// A request as the tiers may trust it: every limit known and inside its bounds, every path inside the working folder.
import type { BuiltLimits, Limits, SandboxRequest } from './port.ts';

const mebibyte = 1_048_576;

export const defaultLimits: Limits = {
  wallMs: 10_000,
  cpuMs: 10_000,
  memoryBytes: 256 * mebibyte,
  pids: 64,
  cpus: 1,
  fileBytes: 64 * mebibyte,
  openFiles: 256,
  outputBytes: 8 * mebibyte,
  artifacts: 20,
  artifactBytes: 5 * mebibyte,
};

const bounds: Readonly<Record<keyof Limits, readonly [number, number]>> = {
  wallMs: [100, 600_000],
  cpuMs: [1_000, 600_000],
  memoryBytes: [32 * mebibyte, 4_096 * mebibyte],
  pids: [8, 1_024],
  cpus: [0.1, 8],
  fileBytes: [mebibyte, 1_024 * mebibyte],
  openFiles: [32, 4_096],
  outputBytes: [1_024, 64 * mebibyte],
  artifacts: [0, 100],
  artifactBytes: [0, 64 * mebibyte],
};

const maxFiles = 1_000;
const maxRequestBytes = 32 * mebibyte;
const maxArguments = 100;
const pathShape = /^(?!-)[A-Za-z0-9._/-]{1,100}$/;

export interface CheckedRequest extends SandboxRequest {
  readonly limits: Limits;
  readonly argv: readonly string[];
  readonly stdin: string | Uint8Array;
}

class BadSandboxRequest extends Error {
  override readonly name = 'BadSandboxRequest';
}

export function checkRequest(request: SandboxRequest): CheckedRequest {
  const { files, entry, argv = [], stdin = '' } = request;
  const bytes = files.reduce((sum, file) => sum + Buffer.byteLength(file.content), Buffer.byteLength(stdin));
  if (files.length > maxFiles) refuse(`there are more than ${maxFiles} files`);
  if (bytes > maxRequestBytes) refuse(`files and input are larger than ${maxRequestBytes} bytes`);
  for (const { path } of files)
    if (!isInside(path)) refuse(`the path ${JSON.stringify(path)} is not one inside the folder`);
  if (new Set(files.map((file) => file.path)).size !== files.length) refuse('two files have the same path');
  if (!files.some((file) => file.path === entry)) refuse('the entry is none of the files');
  if (argv.length > maxArguments || argv.some((word) => word.includes('\0') || word.length > 4_096)) {
    refuse('the arguments are too many, too long or hold a zero byte');
  }
  return { ...request, argv, stdin, limits: checkLimits(request.limits ?? {}) };
}

/** What a sandbox must have been made with to serve these limits. */
export function keyOf(limits: BuiltLimits): string {
  const { memoryBytes, pids, cpus, cpuMs, fileBytes, openFiles } = limits;
  return [memoryBytes, pids, cpus, cpuMs, fileBytes, openFiles].join(' ');
}

function checkLimits(given: Partial<Limits>): Limits {
  for (const [name, value] of Object.entries(given)) {
    const bound = bounds[name as keyof Limits] as readonly [number, number] | undefined;
    if (bound === undefined) refuse(`there is no limit called ${name}`);
    else if (!(value >= bound[0] && value <= bound[1])) refuse(`${name} is not from ${bound[0]} to ${bound[1]}`);
    else if (name !== 'cpus' && !Number.isInteger(value)) refuse(`${name} is not a whole number`);
  }
  return { ...defaultLimits, ...given };
}

function isInside(path: string): boolean {
  return pathShape.test(path) && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

function refuse(reason: string): never {
  throw new BadSandboxRequest(reason);
}
