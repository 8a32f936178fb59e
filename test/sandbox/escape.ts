// The specs of one tier: every attack in it is blocked.
import { test } from 'tap';
import { languages, type Tier } from '../../sandbox/port.ts';
import { openTier, skipReason } from '../support/sandbox.ts';
import { attacks } from './attack.ts';
import { Stage } from './stage.ts';

export async function testEscapes(tier: Tier): Promise<void> {
  for (const language of languages) {
    const skip = await skipReason(tier, language);
    test(`no ${language} gets out of ${tier}`, { skip, timeout: 580_000 }, async (t) => {
      const port = openTier(tier);
      t.teardown(() => port.close());
      const stage = await Stage.open();
      t.teardown(() => stage.close());
      for (const attack of attacks.filter((one) => one.language === language)) {
        const row = await stage.run(port, attack);
        t.same(row.faults, [], `${attack.name}: ${row.verdict} after ${Math.round(row.tookMs)} ms`);
      }
    });
  }
}
