// Acts that change whom to trust need a person: a fresh assertion of an authenticator that was made for this very act.
import type { Actor } from '../kernel/actor.ts';
import { defineRefusals } from '../kernel/refusal.ts';

export const stepUpRefusals = defineRefusals({
  step_up_required: {
    kind: 'forbidden',
    title: 'This act needs a person with an authenticator',
    remedy:
      'Sign in with an authenticator, ask for a challenge that is bound to this request, answer it, and send the request again with the answer.',
  },
});

/** `act` is the operation of the route, such as `createDispatch`: an assertion for another act is none. */
export function requireStepUp(actor: Actor, act: string): void {
  if (actor.step_up?.act === act) return;
  throw stepUpRefusals.refuse('step_up_required', 'This request carries no assertion that was made for it.', {
    members: { act },
  });
}
