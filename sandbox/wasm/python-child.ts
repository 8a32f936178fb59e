// A process that is Python in WebAssembly and runs one program. `--snapshot <file>` instead writes what loading comes to.
import { constants, readFileSync, writeFileSync } from 'node:fs';
import { loadPyodide } from 'pyodide';
import { type End, type Message, readMessage, sayBegin, sayEnd, write } from './child.ts';
import { type FileSystem, holdFiles, leftIn, putFiles } from './python-files.ts';

const snapshotAt = process.argv.indexOf('--snapshot');
const [mode, file = ''] = snapshotAt === -1 ? ['run', process.argv[2]] : ['make', process.argv[snapshotAt + 1]];
// The permission model refuses the real one; all that is asked of it is the numbers of flags.
Object.defineProperty(process, 'binding', { value: () => ({ fs: constants }) });
const host = process;

const shared = { env: {}, jsglobals: Object.create(null) as object, fullStdLib: false };
const pyodide = await loadPyodide(
  mode === 'make' ? { ...shared, _makeSnapshot: true } : { ...shared, _loadSnapshot: readFileSync(file) },
);

// Held on to, because an interpreter that broke refuses to hand them out.
const files = pyodide.FS as unknown as FileSystem;
const memory = Reflect.get(pyodide, '_module') as { readonly HEAP8: Int8Array };

/** How a program is run as the main one, and how its end becomes a number. */
const runner = `
def run_main(entry, argv):
    import os, runpy, sys, traceback
    os.chdir('/work')
    os.environ.clear()
    os.environ.update(HOME='/work', LANG='C.UTF-8', PATH='/usr/local/bin:/usr/bin:/bin')
    sys.path.insert(0, '/work')
    sys.argv = [entry, *argv]
    sys.dont_write_bytecode = True
    code = 0
    try:
        runpy.run_path(entry, run_name='__main__')
    except SystemExit as end:
        if isinstance(end.code, int): code = end.code
        elif end.code is not None:
            print(end.code, file=sys.stderr)
            code = 1
    except MemoryError:
        traceback.print_exc()
        code = -1
    except BaseException:
        traceback.print_exc()
        code = 1
    for stream in (sys.stdout, sys.stderr):
        try: stream.flush()
        except BaseException: pass
    return code

def forget_host():
    import sys
    for name in [name for name in sys.modules if name.split('.')[0] in ('js', 'pyodide_js', 'pyodide', '_pyodide')]:
        del sys.modules[name]
    sys.meta_path[:] = [finder for finder in sys.meta_path if 'Js' not in type(finder).__name__]
    sys.path_hooks[:] = [hook for hook in sys.path_hooks if 'pyodide' not in str(hook)]
`;

if (mode === 'make') {
  writeFileSync(file, pyodide.makeMemorySnapshot());
} else {
  const message = readMessage();
  if (message === null) host.exit(125);
  else run(message);
}

function run(message: Message): void {
  const { nonce, order, stdin } = message;
  putFiles(files, message.files);
  holdFiles(files, order.fileBytes);
  pyodide.setStdout({ write: (bytes) => write(1, bytes), isatty: false });
  pyodide.setStderr({ write: (bytes) => write(2, bytes), isatty: false });
  let read = 0;
  pyodide.setStdin({
    isatty: false,
    read: (into) => {
      const part = stdin.subarray(read, read + into.length);
      into.set(part);
      read += part.length;
      return part.length;
    },
  });
  const scope = pyodide.runPython(`${runner}\n(run_main, forget_host)`) as {
    get(index: number): (...words: unknown[]) => number;
  };
  const [runMain, forgetHost] = [scope.get(0), scope.get(1)];
  const argv = pyodide.toPy(order.argv) as unknown;
  for (const name of ['js', 'pyodide_js']) pyodide.unregisterJsModule(name);
  forgetHost();
  closeRealm();
  sayBegin(nonce);
  sayEnd(
    nonce,
    endOf(() => runMain(order.entry, argv), order.memoryBytes),
  );
  host.exit(0);
}

function nobody(): number {
  return 65_534;
}

/** Whatever reaches this realm in spite of all finds nothing in it that leads on. */
function closeRealm(): void {
  const realm = globalThis as unknown as Record<string, unknown>;
  // The interpreter asks the process who it is, and leaves its exit code there.
  const stand: Record<string, unknown> = { getuid: nobody, geteuid: nobody, getgid: nobody, getegid: nobody };
  for (const name of ['process', 'fetch', 'WebSocket', 'EventSource', 'Worker', 'navigator', 'require', 'module']) {
    Reflect.deleteProperty(realm, name);
  }
  realm['process'] = Object.assign(Object.create(null) as object, stand);
}

function endOf(act: () => number, memoryBytes: number): End {
  let code: number;
  try {
    code = act();
  } catch (error) {
    // `os._exit` ends the program by an exception that carries the number.
    const { status } = error as { readonly status?: number };
    code = status ?? 1;
    if (status === undefined) write(2, Buffer.from(`the interpreter broke: ${String(error).slice(0, 500)}\n`));
  }
  const oom = code === -1 || memory.HEAP8.length > memoryBytes * 0.9;
  const left = code === -1 ? [] : leftIn(files, '/work/out');
  return { exitCode: code === -1 ? 1 : code, oom, left };
}
