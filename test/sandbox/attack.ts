// What code does that wants out. Each says ESCAPED when it got anywhere; `want` says how each run must end.
import type { Language, Tier, Verdict } from '../../sandbox/port.ts';

export interface Attack {
  readonly name: string;
  readonly language: Language;
  /** Seen from inside: `canary`, `port`, `outside`, `bystander` and `marker` are the words that it was given. */
  readonly code: string;
  readonly want: readonly Verdict[] | ((tier: Tier) => readonly Verdict[]);
  /** Does it get out where nothing holds it? Only asked of those that do no harm. */
  readonly control?: true;
  /** Takes longer than others to find that there is no way. */
  readonly isSlow?: true;
}

const kernels = (tier: string): boolean => tier !== 'wasm';
const ended: readonly Verdict[] = ['ok', 'nonzero'];

const python: readonly Omit<Attack, 'language'>[] = [
  {
    name: 'reads a file of the host',
    control: true,
    want: ended,
    code: `
import os
for path in [canary, '/etc/shadow', '/root/.ssh', '/proc/1/root/etc/shadow', '/proc/1/environ']:
    try:
        text = open(path).read()
        if 'canary' in text or 'root:' in text: print('ESCAPED', path)
    except OSError as error: print('blocked', path, error)`,
  },
  {
    name: 'reads the environment of others',
    control: true,
    want: ended,
    code: `
import glob, os
for path in glob.glob('/proc/*/environ'):
    try:
        text = open(path, 'rb').read()
        if b'ESCAPE_CANARY' in text or b'NODE_OPTIONS' in text: print('ESCAPED', path)
    except OSError as error: print('blocked', path, error)
if 'ESCAPE_CANARY' in os.environ: print('ESCAPED', 'environ')`,
  },
  {
    name: 'connects to the host by loopback',
    control: true,
    want: ended,
    code: `
import socket
for family, host in [(socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1')]:
    try:
        link = socket.socket(family, socket.SOCK_STREAM); link.settimeout(1); link.connect((host, port))
        if link.recv(6) == b'canary': print('ESCAPED', host)
        else: print('blocked', host, 'nobody answered')
    except Exception as error: print('blocked', host, error)`,
  },
  {
    name: 'looks for a way into a network',
    want: ended,
    code: `
import socket
try:
    links = [name for _, name in socket.if_nameindex() if name != 'lo']
    if links: print('ESCAPED', links)
except Exception as error: print('blocked', error)
for family in (16, 17, 38, 40):
    try:
        socket.socket(family, socket.SOCK_RAW); print('opened', family)
    except Exception as error: print('blocked', family, error)
try:
    link = socket.socket(); link.settimeout(1); link.connect(('192.0.2.1', 80)); print('ESCAPED', 'connected')
except Exception as error: print('blocked', error)`,
  },
  {
    name: 'speaks to the engine',
    want: ended,
    code: `
import os
for path in ['/var/run/docker.sock', '/run/docker.sock', '/run/containerd/containerd.sock', '/run/dbus/system_bus_socket']:
    if os.path.exists(path): print('ESCAPED', path)`,
  },
  {
    name: 'writes outside of its folders',
    control: true,
    want: ended,
    code: `
for path in [outside] if HOST else [outside, '/usr/escaped', '/etc/escaped', '/escaped', '/proc/sys/kernel/core_pattern']:
    try:
        open(path, 'w').write('escaped')
        print('ESCAPED' if HOST and path == outside else 'wrote', path)
    except OSError as error: print('blocked', path, error)`,
  },
  {
    name: 'fills the disk',
    want: ['nonzero', 'oom'],
    code: `
block = b'x' * 1_000_000
for number in range(100):
    with open(f'/tmp/{number}', 'wb') as file:
        for _ in range(10): file.write(block)
print('ESCAPED')`,
  },
  {
    name: 'signals processes of the host',
    want: ended,
    code: `
import os, signal
for pid in (bystander,):
    try:
        os.kill(pid, signal.SIGKILL); print('signalled', pid)
    except Exception as error: print('blocked', pid, error)`,
  },
  {
    name: 'kills its parent',
    want: ['nonzero'],
    // A kill after a second of the processor would be taken for that of the limit.
    isSlow: true,
    code: `
import os, signal, sys
os.kill(os.getppid() or 1, signal.SIGKILL)
os.kill(-1, signal.SIGKILL)
sys.exit(1)`,
  },
  {
    name: 'leaves a process behind',
    want: ended,
    code: `
import os, sys, time
try:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0: time.sleep(60)
        os._exit(0)
except Exception as error: print('blocked', error)`,
  },
  {
    name: 'takes rights that it does not have',
    want: ended,
    code: `
import os
def attempt(name, act):
    try:
        result = act()
        print('ESCAPED' if result in (None, 0) else 'blocked', name, result)
    except BaseException as error: print('blocked', name, error)
attempt('setuid', lambda: os.setuid(0))
attempt('chroot', lambda: os.chroot('/'))
attempt('mknod', lambda: os.mknod('/tmp/disk', 0o60600, os.makedev(254, 0)))
try:
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    attempt('mount', lambda: libc.mount(b'none', b'/tmp', b'tmpfs', 0, None))
    attempt('umount', lambda: libc.umount2(b'/tmp', 2))
    attempt('unshare', lambda: libc.unshare(0x10000000))
    attempt('setns', lambda: libc.setns(os.open('/proc/1/ns/net', 0), 0))
    attempt('swapoff', lambda: libc.swapoff(b'/x'))
    attempt('keyctl', lambda: libc.syscall(250, 0, -3, 0) < 0)
    attempt('bpf', lambda: libc.syscall(321, 0, 0, 0) < 0)
except Exception as error: print('blocked', error)`,
  },
  {
    name: 'sends out files under names of the host',
    want: ended,
    code: `
import os
os.makedirs('out/deep', exist_ok=True)
try: os.symlink('/etc/passwd', 'out/passwd')
except OSError as error: print('blocked', error)
try: os.link('/etc/passwd', 'out/linked')
except OSError as error: print('blocked', error)
open('out/deep/fine.txt', 'w').write('fine')`,
  },
  {
    name: 'forks without end',
    want: (tier) => (kernels(tier) ? ['pids'] : ['nonzero']),
    code: `
import os
while True:
    try: os.fork()
    except OSError:
        if HOST is None: raise`,
  },
  {
    name: 'forks without end and ignores that it cannot',
    want: (tier) => (kernels(tier) ? ['pids', 'timeout_cpu', 'timeout_wall'] : ['timeout_cpu', 'timeout_wall']),
    code: `
import os
while True:
    try: os.fork()
    except Exception: pass`,
  },
  {
    name: 'takes memory without end',
    want: ['oom'],
    code: `
kept = []
while True: kept.append(bytearray(8_000_000))`,
  },
  {
    name: 'writes without end',
    want: ['output_limit'],
    code: `
import sys
while True: sys.stdout.write('x' * 65536)`,
  },
  {
    name: 'loops without end',
    want: ['timeout_cpu'],
    code: `
while True: pass`,
  },
  {
    name: 'sleeps without end',
    want: ['timeout_wall', 'timeout_cpu'],
    code: `
import time
while True: time.sleep(1)`,
  },
  {
    name: 'walks to the host by constructors',
    control: true,
    isSlow: true,
    want: ended,
    code: `
def attempt(act):
    try:
        text = str(act())
        if 'canary' in text: print('ESCAPED', text[:80])
        else: print('blocked', text[:80])
    except BaseException as error: print('blocked', error)
classes = ().__class__.__base__.__subclasses__()
def by_os():
    wrap = next(one for one in classes if one.__name__ == '_wrap_close')
    return wrap.__init__.__globals__['popen']('cat ' + canary).read()
def by_js(name):
    host = __import__(name)
    return host.Function('return process')().getBuiltinModule('fs').readFileSync(canary, 'utf8')
def by_code():
    from pyodide.code import run_js
    return run_js("globalThis.process.getBuiltinModule('fs').readFileSync('" + canary + "', 'utf8')")
def by_proxy():
    import gc, sys
    values = [value for module in list(sys.modules.values()) for value in list(getattr(module, '__dict__', {}).values())]
    for value in values + gc.get_objects():
        if type(value).__name__ == 'JsProxy':
            return value.constructor.constructor('return process')().getBuiltinModule('fs').readFileSync(canary, 'utf8')
attempt(by_os); attempt(lambda: by_js('js')); attempt(lambda: by_js('pyodide_js')); attempt(by_code); attempt(by_proxy)
attempt(lambda: open(canary).read())`,
  },
];

const javascript: readonly Omit<Attack, 'language'>[] = [
  {
    name: 'walks to the host by constructors',
    control: true,
    want: ended,
    code: `
const attempt = async (act) => {
  try {
    const text = String(await act());
    console.log(text.includes('canary') ? 'ESCAPED' : 'blocked', text.slice(0, 80));
  } catch (error) { console.log('blocked', String(error)); }
};
await attempt(() => ({}).constructor.constructor('return process')().getBuiltinModule('fs').readFileSync(canary, 'utf8'));
await attempt(() => console.log.constructor('return process')().getBuiltinModule('fs').readFileSync(canary, 'utf8'));
await attempt(async () => (await import('node:fs')).readFileSync(canary, 'utf8'));
await attempt(() => process.getBuiltinModule('child_process').execSync('cat ' + canary));
await attempt(() => JSON.stringify(process.env.ESCAPE_CANARY ?? ''));`,
  },
  {
    name: 'takes memory without end',
    want: ['oom', 'nonzero'],
    code: `
const kept = [];
for (;;) kept.push(new Uint8Array(8_000_000).fill(1));`,
  },
  {
    name: 'writes without end',
    want: ['output_limit'],
    code: `
let write = (text) => console.log(text);
try {
  const { writeSync } = await import('node:fs');
  // A full pipe throws; console would keep what does not fit.
  write = (text) => { try { writeSync(1, text); } catch {} };
} catch {}
for (;;) write('x'.repeat(65536));`,
  },
  { name: 'loops without end', want: ['timeout_cpu'], code: 'for (;;);' },
  {
    name: 'starts processes without end',
    want: (tier) => (kernels(tier) ? ['pids', 'oom', 'nonzero', 'timeout_cpu', 'timeout_wall'] : ['nonzero']),
    code: `
import { spawn } from 'node:child_process';
for (;;) spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']).on('error', () => {});`,
  },
];

export const attacks: readonly Attack[] = [
  ...python.map((attack) => ({ ...attack, language: 'python' as const })),
  ...javascript.map((attack) => ({ ...attack, language: 'javascript' as const })),
];

export interface Words {
  readonly canary: string;
  readonly outside: string;
  readonly port: number;
  readonly bystander: number;
  readonly marker: string;
}

/** The attack with its words in front. `HOST` tells the control, which runs where nothing holds it. */
export function textOf({ language, code }: Attack, words: Words, isHost: boolean): string {
  const lines = Object.entries(words).map(([name, value]) =>
    language === 'python' ? `${name} = ${JSON.stringify(value)}` : `const ${name} = ${JSON.stringify(value)};`,
  );
  const host = language === 'python' ? `HOST = ${isHost ? 'True' : 'None'}` : '';
  return [...lines, host, code, ''].join('\n');
}
