// Who may act in a tenant that is not theirs, and what they have to say for it.
import { defineRefusals } from '../kernel/refusal.ts';

export const impersonationRefusals = defineRefusals({
  tenant_header_missing: {
    kind: 'invalid',
    title: 'A key of the platform belongs to no tenant',
    remedy: 'Name the tenant to act in with the header `Loopledger-Tenant: <tenant id>`.',
  },
  tenant_header_foreign: {
    kind: 'forbidden',
    title: 'Your key may act in its own tenant alone',
    remedy: 'Leave the header Loopledger-Tenant out.',
  },
});
