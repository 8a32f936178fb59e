// Commands on signing keys. A person asks for a rotation, and the old key vouches for the new one.
import { type Static, Type } from 'typebox';
import type { CommandDefinition } from '../kernel/command.ts';
import { isSignatureOf } from '../kernel/signing.ts';
import { record } from '../kernel/stream.ts';
import { SigningKeyCreated, SigningKeyPurpose, SigningKeyRetired, signingKeyStream } from '../events/signing-key.ts';
import { requireRole } from '../policies/role.ts';
import { signingKeyInForce, signingKeyRefusals, signingKeyRules, successionText } from '../policies/signing-key.ts';
import { requireStepUp } from '../policies/step-up.ts';

export const RotateSigningKeyBody = Type.Object({ purpose: SigningKeyPurpose }, { additionalProperties: false });

export interface RotateSigningKey extends Static<typeof RotateSigningKeyBody> {
  readonly signing_key_id: string;
  readonly public_key: string;
  /** By the key in force, over `successionText`; in base64url. */
  readonly signature: string;
}

const keyRef = (id: string) => ({ type: signingKeyStream.type, id });

export const rotateSigningKey: CommandDefinition<RotateSigningKey> = {
  name: 'RotateSigningKey',
  subject: ({ signing_key_id }) => keyRef(signing_key_id),
  authorize(_command, { actor }) {
    requireRole(signingKeyRules.rotate, actor);
    requireStepUp(actor, 'rotateSigningKey');
  },
  decide({ signing_key_id, purpose, public_key, signature }, world) {
    const replaces = world.lookup(signingKeyInForce, purpose);
    const old = replaces === null ? undefined : world.find(signingKeyStream, replaces);
    if (replaces === null || old === undefined) {
      throw signingKeyRefusals.refuse('signing_key_not_found', `The tenant has no signing key for ${purpose}.`);
    }
    const claim = { tenant_id: world.tenantId, purpose, replaces, signing_key_id, public_key };
    if (!isSignatureOf(old.state.public_key, successionText(claim), signature)) {
      throw signingKeyRefusals.refuse('signing_key_outrun', 'Another key came into force before this one.');
    }
    return [
      record(SigningKeyRetired, keyRef(replaces), { replaced_by: signing_key_id }, null),
      record(
        SigningKeyCreated,
        keyRef(signing_key_id),
        { purpose, public_key, succession: { replaces, signature } },
        null,
      ),
    ];
  },
};
