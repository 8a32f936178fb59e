// The system calls that code in a sandbox has, as a program for the kernel's filter. What is not listed is not there.
import { readFileSync } from 'node:fs';
import path from 'node:path';

interface Architecture {
  /** As the kernel calls it. */
  readonly audit: number;
  readonly column: 1 | 2;
  readonly clone: number;
  readonly socket: number;
  readonly ioctl: number;
}

const architectures: Readonly<Record<string, Architecture>> = {
  x64: { audit: 0xc000003e, column: 1, clone: 56, socket: 41, ioctl: 16 },
  arm64: { audit: 0xc00000b7, column: 2, clone: 220, socket: 198, ioctl: 29 },
};

/** Little-endian offsets into what the kernel shows the program. */
const at = { number: 0, architecture: 4, argument: (index: number) => 16 + 8 * index };

const code = { load: 0x20, jumpEqual: 0x15, jumpGreater: 0x25, jumpAtLeast: 0x35, jumpSet: 0x45, answer: 0x06 };
const allow = 0x7fff0000;
const killProcess = 0x80000000;
const errno = (number: number): number => 0x00050000 | number;
const eperm = errno(1);
const enosys = errno(38);
const eafnosupport = errno(97);

/** Time, mount, cgroup, uts, ipc, user, pid and net: no namespace is made in a sandbox. */
const newNamespace = 0x7e020080;
/** Local, IPv4 and IPv6, which lead no further than the sandbox's own empty network. */
const families = [1, 2, 10];
/** Typing into a terminal, and selecting on a console. */
const terminalAttacks = [0x5412, 0x541c];

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];

/** Null where the numbers of the calls are not known: then there is no filter, and so no sandbox. */
export function seccompProgram(arch: string = process.arch): Buffer | null {
  const known = architectures[arch];
  if (known === undefined) return null;
  const instructions: Instruction[] = [
    [code.load, 0, 0, at.architecture],
    [code.jumpEqual, 1, 0, known.audit],
    [code.answer, 0, 0, killProcess],
    [code.load, 0, 0, at.number],
    ...onCall(known.clone, 0, [[code.jumpSet, 0, 1, newNamespace], answer(eperm), answer(allow)]),
    ...onCall(known.socket, 0, [...families.flatMap((family) => equals(family, allow)), answer(eafnosupport)]),
    ...onCall(known.ioctl, 1, [...terminalAttacks.flatMap((request) => equals(request, eperm)), answer(allow)]),
    ...rangesOf(readNumbers(known.column)).flatMap(([first, last]) => inRange(first, last)),
    answer(enosys),
  ];
  return encode(instructions);
}

function answer(value: number): Instruction {
  return [code.answer, 0, 0, value];
}

function equals(value: number, then: number): Instruction[] {
  return [[code.jumpEqual, 0, 1, value], answer(then)];
}

/** Looks at the low half of an argument; the calls concerned read no more of it. */
function onCall(number: number, argument: number, then: readonly Instruction[]): Instruction[] {
  return [[code.jumpEqual, 0, then.length + 1, number], [code.load, 0, 0, at.argument(argument)], ...then];
}

/** The ranges ascend: what is below one and was in none before is in none. */
function inRange(first: number, last: number): Instruction[] {
  return [[code.jumpGreater, 3, 0, last], [code.jumpAtLeast, 0, 1, first], answer(allow), answer(enosys)];
}

export function readNumbers(column: 1 | 2): number[] {
  const text = readFileSync(path.join(import.meta.dirname, 'system-calls.txt'), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const numbers = lines.map((line) => line.split(' ')[column]).filter((number) => number !== '-');
  return numbers.map(Number).sort((one, other) => one - other);
}

function rangesOf(numbers: readonly number[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}

function encode(instructions: readonly Instruction[]): Buffer {
  const program = Buffer.alloc(8 * instructions.length);
  for (const [index, [operation, ifTrue, ifFalse, value]] of instructions.entries()) {
    program.writeUInt16LE(operation, 8 * index);
    program.writeUInt8(ifTrue, 8 * index + 2);
    program.writeUInt8(ifFalse, 8 * index + 3);
    program.writeUInt32LE(value >>> 0, 8 * index + 4);
  }
  return program;
}
