// What only a person can write: another authenticator, with a mark for its name, confirmed by the one that there is.
import { newAuthenticator } from '../support/person.ts';
import type { CreationOptions } from '../../boot/software-authenticator.ts';
import type { TestServer } from '../support/server.ts';
import { newMark, type Party } from './party.ts';

interface Begun {
  readonly ceremony_id: string;
  readonly options: CreationOptions;
}

export async function enrolMarked({ say }: TestServer, party: Party): Promise<void> {
  const { userKey: key, authenticator: stepUp } = party.founded;
  const { body } = await say('POST', '/api/v1/authenticators/options', { key });
  const { ceremony_id, options } = body as unknown as Begun;
  const name = newMark();
  const answer = { ceremony_id, name, response: newAuthenticator().register(options) };
  const made = await say('POST', '/api/v1/authenticators', { key, stepUp, body: answer });
  if (made.status !== 201) throw new Error(made.text);
  party.marks.add(name);
  party.filled.add('enrolAuthenticator name');
  party.ids.set('authenticator_id', [made.body.id]);
  const { body: keys } = await say('GET', '/api/v1/signing-keys', { key });
  party.ids.set(
    'signing_key_id',
    keys.data.map(({ id }) => id),
  );
}
