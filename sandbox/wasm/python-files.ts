// The memory file system of Python in WebAssembly, and how much may be written into it.
import type { Artifact, SandboxFile } from '../port.ts';

interface Node {
  readonly mode: number;
  readonly usedBytes?: number;
}

/** Stream, bytes, where they begin, how many, and where they go: without it, where the stream is. */
type Place = readonly [offset: number, length: number, position?: number];
type Write = (stream: { node: Node; position: number }, bytes: Uint8Array, ...place: Place) => number;

/** The part of Emscripten's file system that is used here; it calls its own parts by these names as well. */
export interface FileSystem {
  readonly ErrnoError: new (number: number) => Error;
  write: Write;
  doTruncate: (stream: unknown, node: Node, length: number) => void;
  mkdirTree(folder: string): void;
  writeFile(file: string, content: Uint8Array): void;
  readFile(file: string, options: { readonly encoding: 'binary' }): Uint8Array;
  readdir(folder: string): string[];
  lstat(name: string): Node;
  analyzePath(name: string): { readonly exists: boolean };
  isFile(mode: number): boolean;
  isDir(mode: number): boolean;
}

const noSpace = 51;

export function putFiles(files: FileSystem, given: readonly Artifact[]): void {
  for (const { name, content } of given) {
    const full = `/work/${name}`;
    files.mkdirTree(full.slice(0, full.lastIndexOf('/')));
    files.writeFile(full, content);
  }
}

/** The files lie in memory that no limit of WebAssembly counts. What is deleted is not given back. */
export function holdFiles(files: FileSystem, maxBytes: number): void {
  const [write, truncate] = [files.write, files.doTruncate];
  let grown = 0;
  const hold = (node: Node, atMost: number, act: () => number): number => {
    if (!files.isFile(node.mode)) return act();
    if (grown + atMost > maxBytes) throw new files.ErrnoError(noSpace);
    const before = node.usedBytes ?? 0;
    const result = act();
    grown += Math.max(0, (node.usedBytes ?? 0) - before);
    return result;
  };
  files.write = (stream, bytes, ...place) => {
    const [, length, position = stream.position] = place;
    const gap = Math.max(0, position - (stream.node.usedBytes ?? 0));
    return hold(stream.node, gap + length, () => write.call(files, stream, bytes, ...place));
  };
  files.doTruncate = (stream, node, length) => {
    const more = Math.max(0, length - (node.usedBytes ?? 0));
    hold(node, more, () => (truncate.call(files, stream, node, length), 0));
  };
}

/** Regular files below a folder; a link is not followed. */
export function leftIn(files: FileSystem, folder: string, prefix = ''): SandboxFile[] {
  const found: SandboxFile[] = [];
  if (!files.analyzePath(folder).exists || !isFolder(files, folder)) return found;
  for (const name of files.readdir(folder)) {
    if (name === '.' || name === '..') continue;
    const full = `${folder}/${name}`;
    const mode = files.lstat(full).mode;
    if (isFolder(files, full)) found.push(...leftIn(files, full, `${prefix}${name}/`));
    else if (files.isFile(mode)) {
      found.push({ path: `${prefix}${name}`, content: files.readFile(full, { encoding: 'binary' }) });
    }
  }
  return found;
}

function isFolder(files: FileSystem, name: string): boolean {
  return files.isDir(files.lstat(name).mode);
}
