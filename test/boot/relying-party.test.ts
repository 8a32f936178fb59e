import { test } from 'tap';
import { readConfig } from '../../boot/config.ts';
import { relyingPartyOf } from '../../boot/relying-party.ts';

const partyOf = (env: Record<string, string>) => relyingPartyOf(readConfig(env), 4321);

test('authenticators are bound to this machine when nothing else is said', (t) => {
  const local = { rpId: 'localhost', rpName: 'Loopledger', origins: ['http://localhost:4321'] };
  t.same(partyOf({}), local);
  // An address is no domain: no authenticator could be bound to it.
  t.same(partyOf({ LOOPLEDGER_PUBLIC_URL: 'http://10.0.0.1:4000' }), local);
  t.same(partyOf({ LOOPLEDGER_PUBLIC_URL: 'http://[::1]:4000' }), local);
  t.end();
});

test('authenticators are bound to where callers reach the server, or to what is set', (t) => {
  const LOOPLEDGER_PUBLIC_URL = 'https://ledger.example.org/base';
  t.same(partyOf({ LOOPLEDGER_PUBLIC_URL }), {
    rpId: 'ledger.example.org',
    rpName: 'Loopledger',
    origins: ['https://ledger.example.org'],
  });
  const set = {
    LOOPLEDGER_RP_ID: 'example.org',
    LOOPLEDGER_RP_NAME: 'Example',
    LOOPLEDGER_ORIGINS: 'https://a.example.org,https://example.org',
  };
  t.same(partyOf({ LOOPLEDGER_PUBLIC_URL, ...set }), {
    rpId: 'example.org',
    rpName: 'Example',
    origins: ['https://a.example.org', 'https://example.org'],
  });
  t.end();
});

test('an origin that is not on the domain keeps the server from starting', (t) => {
  const origins = ['https://example.com', 'https://evil-example.org', 'https://org', 'http://localhost:4000'];
  for (const LOOPLEDGER_ORIGINS of origins) {
    t.throws(() => partyOf({ LOOPLEDGER_RP_ID: 'example.org', LOOPLEDGER_ORIGINS }), { code: 'config_invalid' });
  }
  t.throws(() => partyOf({ LOOPLEDGER_PUBLIC_URL: 'https://one.example', LOOPLEDGER_RP_ID: 'two.example' }), {
    code: 'config_invalid',
  });
  t.end();
});
