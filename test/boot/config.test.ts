import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'tap';
import { callerNames, plainNames, readConfig, readMigrateUrl, settingNames } from '../../boot/config.ts';
import { defaultOptions } from '../../api/context.ts';
import { Refusal } from '../../kernel/refusal.ts';

const appUrl = 'postgres://loopledger_app:secret-word@db.example:5432/loopledger';
const goodKey = Buffer.from(
  Array.from({ length: 32 }, (_, index) => (index * 89 + 41 * index * index) & 0xff),
).toString('base64');

function sentenceOf(env: Record<string, string>): string {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof Refusal && error.code === 'config_invalid') return error.message;
    throw error;
  }
  return '';
}

test('an empty environment means one process, embedded, on this machine only', async (t) => {
  const config = readConfig({});
  t.match(config, { role: 'all', database: null, host: '127.0.0.1', port: 4000, masterKey: null, trustProxy: false });
  t.equal(config.dataFolder, path.resolve('.data'));
  t.same(readConfig({ PORT: ' ', LOOPLEDGER_ROLE: '' }), config);
});

test('an external database opens the server to other machines', async (t) => {
  const config = readConfig({ DATABASE_URL: appUrl, LOOPLEDGER_ROLE: 'api' });
  t.match(config, { host: '0.0.0.0', role: 'api', database: { url: appUrl, workerUrl: appUrl } });
});

test('settings are read into what they mean', async (t) => {
  const config = readConfig({
    PORT: '0',
    HOST: '::1',
    LOOPLEDGER_PUBLIC_URL: 'https://ledger.example.org/base/',
    LOOPLEDGER_CORS_ORIGINS: 'https://one.example, http://localhost:3000',
    LOOPLEDGER_RP_ID: 'example.org',
    LOOPLEDGER_ORIGINS: 'https://ledger.example.org,https://example.org',
    LOOPLEDGER_TRUST_PROXY: '10.0.0.0/8,::1',
    LOOPLEDGER_RATE_PER_KEY: '12',
    LOOPLEDGER_MASTER_KEY: goodKey,
  });
  t.match(config, {
    port: 0,
    host: '::1',
    publicUrl: 'https://ledger.example.org/base',
    corsOrigins: ['https://one.example', 'http://localhost:3000'],
    rpId: 'example.org',
    rpName: null,
    origins: ['https://ledger.example.org', 'https://example.org'],
    trustProxy: ['10.0.0.0/8', '::1'],
    ratePerKey: 12,
  });
  t.same(config.masterKey?.toString('base64'), goodKey);
  t.equal(readConfig({ LOOPLEDGER_TRUST_PROXY: 'true' }).trustProxy, true);
});

const nonsense: readonly (readonly [name: string, value: string])[] = [
  ['PORT', '65536'],
  ['PORT', '-1'],
  ['PORT', '4e3'],
  ['PORT', '4000.5'],
  ['HOST', 'http://localhost'],
  ['HOST', '127.0.0.1:80'],
  ['LOOPLEDGER_ROLE', 'master'],
  ['LOOPLEDGER_DATA', '/'],
  ['LOOPLEDGER_LOG_LEVEL', 'loud'],
  ['LOOPLEDGER_PUBLIC_URL', 'ledger.example.org'],
  ['LOOPLEDGER_PUBLIC_URL', 'ftp://ledger.example.org'],
  ['LOOPLEDGER_PUBLIC_URL', 'https://ledger.example.org/?a=b'],
  ['LOOPLEDGER_CORS_ORIGINS', '*'],
  ['LOOPLEDGER_RP_ID', 'https://ledger.example.org'],
  ['LOOPLEDGER_RP_ID', '127.0.0.1'],
  ['LOOPLEDGER_RP_ID', 'Ledger.example.org'],
  ['LOOPLEDGER_RP_ID', 'ledger.example.org:443'],
  ['LOOPLEDGER_ORIGINS', 'ledger.example.org'],
  ['LOOPLEDGER_ORIGINS', 'https://ledger.example.org/'],
  ['LOOPLEDGER_CORS_ORIGINS', 'https://one.example/'],
  ['LOOPLEDGER_RATE_PER_KEY', '0'],
  ['LOOPLEDGER_RATE_PER_TENANT', 'many'],
  ['LOOPLEDGER_POOL', '1'],
  ['LOOPLEDGER_WEBHOOK_KEPT_DAYS', '0'],
  ['LOOPLEDGER_MODEL_CALLS_KEPT_DAYS', '1'],
  ['LOOPLEDGER_TRUST_PROXY', '10.0.0.0/33'],
  ['LOOPLEDGER_TRUST_PROXY', 'proxy'],
  ['LOOPLEDGER_METRICS_TOKEN', 'short'],
  ['LOOPLEDGER_MASTER_KEY', 'c2hvcnQ='],
  ['DATABASE_URL', 'mysql://db/loopledger'],
  ['DATABASE_URL', 'postgres://db:5432'],
  ['DATABASE_WORKER_URL', appUrl],
];

test('nonsense is refused with one sentence that names the variable', async (t) => {
  for (const [name, value] of nonsense) {
    const sentence = sentenceOf({ [name]: value });
    t.match(sentence, name, `${name}=${value}`);
    t.match(sentence, /\.$/, sentence);
  }
});

test('a refused secret is not repeated', async (t) => {
  const weakUrl = 'postgres://user:secret-word@db';
  t.notMatch(sentenceOf({ DATABASE_URL: weakUrl }), 'secret-word');
  t.notMatch(sentenceOf({ LOOPLEDGER_MASTER_KEY: 'secret-word' }), 'secret-word');
  t.notMatch(sentenceOf({ LOOPLEDGER_METRICS_TOKEN: 'secret-word' }), 'secret-word');
});

test('an unknown setting is refused and the nearest one named', async (t) => {
  t.match(sentenceOf({ LOOPLEDGER_RATE_PERKEY: '5' }), 'Did you mean LOOPLEDGER_RATE_PER_KEY?');
  t.match(
    sentenceOf({ LOOPLEDGER_SOMETHING_ELSE_ENTIRELY: '5' }),
    'LOOPLEDGER_SOMETHING_ELSE_ENTIRELY is not a setting',
  );
  t.equal(sentenceOf({ LOOPLEDGER_TEST_PG: '{}' }), '');
});

test('one process of several needs a database that others reach too', async (t) => {
  t.match(sentenceOf({ LOOPLEDGER_ROLE: 'api' }), 'DATABASE_URL');
  t.match(sentenceOf({ LOOPLEDGER_ROLE: 'worker' }), 'DATABASE_URL');
});

test('the migrating role has a URL of its own or the common one', async (t) => {
  t.equal(readMigrateUrl({ DATABASE_URL: appUrl }), appUrl);
  t.equal(readMigrateUrl({ DATABASE_URL: appUrl, DATABASE_MIGRATE_URL: `${appUrl}2` }), `${appUrl}2`);
  t.throws(() => readMigrateUrl({}), { code: 'config_invalid' });
});

test('what programs that use a server are told does not keep one from starting', (t) => {
  const told = { LOOPLEDGER_URL: 'http://127.0.0.1:4000', LOOPLEDGER_KEY: 'key', LOOPLEDGER_BENCHMARK_DATA: '/data' };
  t.same(readConfig(told), readConfig({}));
  t.end();
});

test('an engine of containers is the one that is named, or none', (t) => {
  const socket = (host?: string) => readConfig(host === undefined ? {} : { DOCKER_HOST: host }).dockerSocket;
  t.equal(socket(), '/var/run/docker.sock');
  t.equal(socket('unix:///run/user/7/docker.sock'), '/run/user/7/docker.sock');
  for (const other of ['tcp://10.0.0.7:2376', 'ssh://build', 'unix://', 'nonsense'])
    t.equal(socket(other), null, other);
  t.end();
});

test('.env.example names every setting, no other, and the defaults that are in force', async (t) => {
  const text = readFileSync(path.resolve(import.meta.dirname, '../../.env.example'), 'utf8');
  const lines = [...text.matchAll(/^# ([A-Z_]+)=(.*)$/gm)];
  const shown = new Map(lines.map(([, name, value]) => [name as string, value as string]));
  t.same([...shown.keys()].sort(), [...settingNames, ...plainNames, ...callerNames].sort());
  const config = readConfig({});
  t.equal(shown.get('PORT'), String(config.port));
  t.equal(shown.get('HOST'), config.host);
  t.equal(shown.get('LOOPLEDGER_ROLE'), config.role);
  t.equal(shown.get('LOOPLEDGER_LOG_LEVEL'), config.logLevel);
  t.equal(shown.get('LOOPLEDGER_POOL'), String(config.poolSize));
  t.equal(shown.get('LOOPLEDGER_RATE_PER_KEY'), String(defaultOptions.ratePerKey));
  t.equal(shown.get('LOOPLEDGER_RATE_PER_TENANT'), String(defaultOptions.ratePerTenant));
});
