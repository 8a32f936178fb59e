import { test } from 'tap';
import { attacks } from './attack.ts';
import { Stage } from './stage.ts';

test('the harmless attacks get out where nothing holds them', async (t) => {
  const stage = await Stage.open();
  t.teardown(() => stage.close());
  for (const attack of attacks.filter(({ control }) => control === true)) {
    t.match(await stage.runFree(attack), /^ESCAPED/m, `${attack.language} ${attack.name}`);
  }
});
