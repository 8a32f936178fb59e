// Judges a program by its tests, inside a sandbox: under Node, or under an engine that has nothing but the language.
// What it says counts only under a word that is read from the input and gone from there before the program is loaded.
// What it needs after that it holds from before, because the program may have changed everything else by then.
const isNode = typeof process === 'object';
const files = isNode ? await import('node:fs') : null;
const order = JSON.parse(isNode ? files.readFileSync(0, 'utf8') : globalThis.stdin);
if (!isNode) Reflect.deleteProperty(globalThis, 'stdin');
const { word, mode, tests, probe, token, kits } = order;
const { defineProperty, keys, is, getPrototypeOf } = Object;
const { isArray } = Array;
const { stringify } = JSON;
const textOf = String;
const MapType = Map;
const SetType = Set;
const DateType = Date;
const ErrorType = Error;
const realm = globalThis;
const say = isNode ? writeAll.bind(null, files.writeSync) : globalThis['console'].log;
const leave = isNode ? process.exit.bind(process) : null;
const { rmSync, writeFileSync } = files ?? {};

let passed = 0;
let failed = 0;
let errors = 0;
let noted = 0;
let failures = '';
/** A list without an array: setters of its prototype would see what is added. */
let first = null;
let last = null;
let scope = '';

class AssertionError extends Error {
  #mark = 1;
  name = 'AssertionError';
  static made(error) {
    return typeof error === 'object' && error !== null && #mark in error && error.#mark === 1;
  }
}

function writeAll(writeSync, text) {
  const bytes = new TextEncoder().encode(`${text}\n`);
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

function note(name, error) {
  noted += 1;
  if (noted > 20) return;
  try {
    const isError = error instanceof ErrorType;
    const type = isError ? textOf(error.name) : 'thrown';
    const message = textOf(isError ? error.message : error).slice(0, 1000);
    const frames = [];
    let line = null;
    for (const [, file, at] of textOf(error?.stack ?? '').matchAll(/([\w.-]+\.mjs):(\d+)/g)) {
      if (file === 'solution.mjs' || file === probe) frames.push({ line: Number(at), in: '' });
      else if (file === tests?.name) line ??= Number(at);
    }
    const told = stringify({ name, type, message, line, frames: frames.slice(0, 4) });
    failures = failures === '' ? told : `${failures},${told}`;
  } catch {
    // What cannot be described has failed all the same.
  }
}

function blame(name, error) {
  if (AssertionError.made(error)) failed += 1;
  else errors += 1;
  note(name, error);
}

async function attempt(name, act) {
  try {
    await act();
  } catch (error) {
    blame(name, error);
    return;
  }
  passed += 1;
}

function test(name, ...more) {
  let act = null;
  for (let index = 0; index < more.length; index += 1) if (typeof more[index] === 'function') act = more[index];
  if (typeof name === 'function') act = name;
  const one = { name: `${scope}${typeof name === 'string' ? name : 'test'}`.slice(0, 200), act, next: null };
  if (last === null) first = one;
  else last.next = one;
  last = one;
}

function describe(name, act) {
  const before = scope;
  scope = `${scope}${textOf(name)} `;
  act();
  scope = before;
}

function fail(message, usual) {
  if (message instanceof ErrorType) throw message;
  throw new AssertionError(message === undefined ? usual : textOf(message));
}

function show(value) {
  try {
    return (stringify(value) ?? textOf(value)).slice(0, 300);
  } catch {
    return textOf(value).slice(0, 300);
  }
}

function isObject(value) {
  return typeof value === 'object' && value !== null;
}

function isEqual(one, other) {
  if (is(one, other)) return true;
  if (!isObject(one) || !isObject(other)) return one === 0 && other === 0;
  if (getPrototypeOf(one) !== getPrototypeOf(other) || isArray(one) !== isArray(other)) return false;
  if (one instanceof DateType) return +one === +other;
  if (one instanceof RegExp) return textOf(one) === textOf(other);
  if (one instanceof MapType || one instanceof SetType) return isEqual([...one], [...other]);
  if (one instanceof ErrorType && (one.message !== other.message || one.name !== other.name)) return false;
  return hasEqualMembers(one, other);
}

function hasEqualMembers(one, other) {
  const names = keys(one);
  if (names.length !== keys(other).length || (isArray(one) && one.length !== other.length)) return false;
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index];
    if (!(name in other) || !isEqual(one[name], other[name])) return false;
  }
  return true;
}

function fits(error, wanted) {
  if (wanted === undefined || typeof wanted === 'string') return true;
  if (wanted instanceof RegExp) return wanted.test(textOf(error));
  if (typeof wanted !== 'function') return keys(wanted).every((name) => isEqual(error?.[name], wanted[name]));
  const isClass = wanted === ErrorType || wanted.prototype instanceof ErrorType;
  return isClass ? error instanceof wanted : wanted(error) === true;
}

const assert = (value, message) => value || fail(message, `${show(value)} is not true`);
const pairs = {
  equal: [is, 'is not'],
  notEqual: [(one, other) => !is(one, other), 'is'],
  strictEqual: [is, 'is not'],
  notStrictEqual: [(one, other) => !is(one, other), 'is'],
  deepEqual: [isEqual, 'is not deeply'],
  notDeepEqual: [(one, other) => !isEqual(one, other), 'is deeply'],
};
for (const [name, [holds, verb]] of Object.entries(pairs)) {
  assert[name] = (one, other, message) => holds(one, other) || fail(message, `${show(one)} ${verb} ${show(other)}`);
}
Object.assign(assert, {
  ok: assert,
  strict: assert,
  AssertionError,
  deepStrictEqual: assert.deepEqual,
  notDeepStrictEqual: assert.notDeepEqual,
  fail: (message) => fail(message, 'failed'),
  match: (text, shape, message) => shape.test(text) || fail(message, `${show(text)} does not match ${textOf(shape)}`),
  doesNotMatch: (text, shape, message) => !shape.test(text) || fail(message, `${show(text)} matches ${textOf(shape)}`),
  doesNotThrow: (act) => void act(),
  throws(act, wanted, message) {
    try {
      act();
    } catch (error) {
      if (!fits(error, wanted)) fail(message, `it threw another error: ${textOf(error)}`);
      return;
    }
    fail(message, 'it did not throw');
  },
  async rejects(act, wanted, message) {
    try {
      await (typeof act === 'function' ? act() : act);
    } catch (error) {
      if (!fits(error, wanted)) fail(message, `it was rejected with another error: ${textOf(error)}`);
      return;
    }
    fail(message, 'it was not rejected');
  },
});

async function compile() {
  try {
    await import(`./${probe}`);
  } catch (error) {
    if (error === token) return true;
    note('', error);
  }
  return false;
}

/** Null when it did not come to its end. */
async function load() {
  const names = {};
  defineProperty(realm, token, { value: (given) => Object.assign(names, given), configurable: true });
  if (isNode) realm.require ??= (await import('node:module')).createRequire(`${process.cwd()}/`);
  const module = { exports: {} };
  realm.module = module;
  realm.exports = module.exports;
  try {
    Object.assign(names, await import('./solution.mjs'), module.exports);
  } catch (error) {
    note('', error);
    return null;
  }
  return names;
}

async function judge(names) {
  for (const name of keys(names)) {
    defineProperty(realm, name, { value: names[name], writable: true, configurable: true });
  }
  const ours = { assert, test, it: test, describe };
  for (const name of keys(ours))
    defineProperty(realm, name, { value: ours[name], writable: false, configurable: false });
  if (isNode) for (const { name, text } of [tests, ...kits]) writeFileSync(name, text);
  let exported;
  try {
    exported = await import(`./${tests.name}`);
  } catch (error) {
    blame('tests', error);
    return;
  }
  for (const name of keys(exported)) if (name.startsWith('test')) test(name, exported[name]);
  if (first === null) passed = 1;
  for (let one = first; one !== null; one = one.next) await attempt(one.name, one.act);
}

function report(stage, isGood) {
  say(`\n${word} ${stage} ${passed} ${failed} ${errors} [${failures}]`);
  if (leave !== null) leave(isGood ? 0 : 1);
  if (!isGood) throw new ErrorType('The program is not as its tests want it.');
}

async function main() {
  if (isNode) {
    for (const name of ['main.mjs', tests?.name, ...kits.map((kit) => kit.name)]) {
      if (name !== undefined) rmSync(name, { force: true });
    }
    process.on('uncaughtException', (error) => {
      blame('', error);
      report('end', false);
    });
  }
  if (!(await compile())) return report('syntax', false);
  if (mode === 'compile') return report('compiled', true);
  const names = await load();
  if (names === null) return report('load', false);
  if (tests === null) return report('end', true);
  await judge(names);
  return report('end', passed > 0 && failed === 0 && errors === 0);
}

await main();
