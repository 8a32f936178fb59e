import { test } from 'tap';
import { readNumbers, seccompProgram } from '../../sandbox/bubblewrap/seccomp.ts';

const allow = 0x7fff0000;
const kill = 0x80000000;
const errno = (number: number): number => 0x00050000 | number;
const x64 = 0xc000003e;

/** What the kernel would answer: the few instructions that the program has, followed one by one. */
function answer(program: Buffer, call: { number: number; arch?: number; arguments?: readonly number[] }): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(call.number >>> 0, 0);
  data.writeUInt32LE((call.arch ?? x64) >>> 0, 4);
  for (const [index, value] of (call.arguments ?? []).entries()) data.writeBigUInt64LE(BigInt(value), 16 + 8 * index);
  let register = 0;
  for (let at = 0; at < program.length;) {
    const operation = program.readUInt16LE(at);
    const value = program.readUInt32LE(at + 4);
    at += 8;
    if (operation === 0x06) return value;
    if (operation === 0x20) register = data.readUInt32LE(value);
    else at += 8 * program.readUInt8(holds(operation, register, value) ? at - 6 : at - 5);
  }
  throw new Error('the program ran out of its end');
}

function holds(operation: number, register: number, value: number): boolean {
  if (operation === 0x15) return register === value;
  if (operation === 0x25) return register > value;
  if (operation === 0x35) return register >= value;
  if (operation === 0x45) return (register & value) !== 0;
  throw new Error(`an instruction that no one knows: ${operation}`);
}

const program = seccompProgram('x64') as Buffer;

test('exactly the listed calls are there', (t) => {
  const listed = new Set(readNumbers(1));
  const special = new Set([16, 41, 56]);
  const wrong = Array.from({ length: 1_000 }, (_, number) => number).filter(
    (number) => !special.has(number) && answer(program, { number }) !== (listed.has(number) ? allow : errno(38)),
  );
  t.same(wrong, []);
  t.ok(listed.size > 200);
  t.ok(program.length / 8 < 4_096, 'the kernel takes no longer program');
  t.end();
});

const dangerous = {
  ptrace: 101,
  mount: 165,
  umount2: 166,
  pivot_root: 155,
  unshare: 272,
  setns: 308,
  bpf: 321,
  keyctl: 250,
  add_key: 248,
  request_key: 249,
  kexec_load: 246,
  init_module: 175,
  finit_module: 313,
  perf_event_open: 298,
  userfaultfd: 323,
  io_uring_setup: 425,
  clone3: 435,
  process_vm_readv: 310,
  process_vm_writev: 311,
  open_by_handle_at: 304,
  chroot: 161,
  reboot: 169,
  swapon: 167,
  iopl: 172,
  personality: 135,
  move_mount: 429,
  fsopen: 430,
  pidfd_getfd: 438,
  mknod: 133,
};

test('what opens a kernel is not there', (t) => {
  for (const [name, number] of Object.entries(dangerous)) t.equal(answer(program, { number }), errno(38), name);
  t.end();
});

test('a call of another architecture ends the process, one of another numbering is not there', (t) => {
  t.equal(answer(program, { number: 0, arch: 0x40000003 }), kill);
  t.equal(answer(program, { number: 0x40000000 }), errno(38));
  t.equal(answer(program, { number: 0xffffffff }), errno(38));
  t.end();
});

test('processes and threads are made, namespaces are not', (t) => {
  t.equal(answer(program, { number: 56, arguments: [0x3d0f00] }), allow, 'a thread');
  t.equal(answer(program, { number: 56, arguments: [0x1200011] }), allow, 'a process');
  for (const bit of [0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]) {
    t.equal(answer(program, { number: 56, arguments: [bit | 17] }), errno(1), bit.toString(16));
  }
  t.end();
});

test('sockets are local or of the empty network', (t) => {
  for (const family of [1, 2, 10]) t.equal(answer(program, { number: 41, arguments: [family] }), allow);
  for (const family of [0, 3, 16, 17, 38, 40, 44])
    t.equal(answer(program, { number: 41, arguments: [family] }), errno(97));
  t.end();
});

test('nothing types into a terminal', (t) => {
  t.equal(answer(program, { number: 16, arguments: [0, 0x5401] }), allow);
  t.equal(answer(program, { number: 16, arguments: [0, 0x5412] }), errno(1));
  t.equal(answer(program, { number: 16, arguments: [0, 0x541c] }), errno(1));
  t.end();
});

test('a machine whose calls are not known has no filter', (t) => {
  t.equal(seccompProgram('riscv64'), null);
  t.not(seccompProgram('arm64'), null);
  t.end();
});
