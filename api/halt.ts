// The halt of custody over HTTP. Whoever holds evidence may report it; evidence that does not verify stops nobody.
import type { Static } from 'typebox';
import { haltTenant, liftHalt, LiftHaltBody, ReportEvidenceBody } from '../commands/halt.ts';
import { evidenceHash, type HaltEvidence } from '../kernel/evidence.ts';
import type { Tenant } from '../events/tenant.ts';
import { haltRules } from '../policies/halt.ts';
import { findHalt, HaltReportView, HaltView } from '../projections/halt.ts';
import type { Answer, Call } from './call.ts';
import { weighEvidence } from './evidence.ts';
import { perform } from './perform.ts';
import { presentFound } from './render.ts';
import { type Route, route } from './route.ts';
import { missingTenant } from './tenant.ts';

const url = '/api/v1/halt';
const tags = ['proof'] as const;
const noteExample =
  'ledger.example/log/3f2a\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n\n' +
  '\u2014 ledger.example/log/3f2a Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n';
const evidenceExample: HaltEvidence = {
  kind: 'log_departed',
  checkpoints: [noteExample],
  position: 8,
  promised: '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  found: null,
};
const open = { halted: false, halted_at: null, evidence_hash: null, evidence: null };

const getRoute = route({
  method: 'GET',
  url,
  operation: 'getHalt',
  summary: 'Show whether custody is halted, and on what evidence',
  tags,
  role: haltRules.read,
  status: 200,
  response: HaltView,
  codes: ['tenant_not_found'],
  examples: { response: open },
  handler: (call) => presentFound(call, findHalt(call.api.database, call.tenantId), missingTenant),
});

async function reportEvidence(call: Call<unknown, unknown, Static<typeof ReportEvidenceBody>>): Promise<Answer> {
  const evidence = await weighEvidence(call, call.body);
  return perform(call, {
    definition: haltTenant,
    command: { tenant_id: call.tenantId, evidence },
    render: ({ state }) => {
      const { halt } = state as Tenant;
      return {
        status: 200,
        body: JSON.stringify({ halted: halt !== null, evidence_hash: halt?.evidence_hash ?? null }),
      };
    },
  });
}

const reportRoute = route({
  method: 'POST',
  url,
  operation: 'reportEvidence',
  summary: 'Halt custody on evidence that the log is not what it was',
  description:
    'A checkpoint that this tenant signed and that its log does not continue, or two of one size with different roots. ' +
    'Everything else is refused and stops nobody. Evidence that a person has dealt with does not halt again.',
  tags,
  role: haltRules.report,
  body: ReportEvidenceBody,
  status: 200,
  response: HaltReportView,
  codes: ['tenant_not_found', 'evidence_unsigned', 'evidence_consistent', 'checkpoint_unavailable'],
  examples: {
    body: { checkpoint: noteExample },
    response: { halted: true, evidence_hash: evidenceHash(evidenceExample) },
  },
  handler: reportEvidence,
});

const liftRoute = route({
  method: 'POST',
  url: `${url}/lift`,
  operation: 'liftHalt',
  summary: 'Open custody again after a person has looked at the evidence',
  description: 'The same evidence does not halt the tenant a second time.',
  tags,
  role: haltRules.lift,
  body: LiftHaltBody,
  status: 200,
  response: HaltView,
  codes: ['tenant_not_found', 'step_up_required', 'tenant_not_halted', 'halt_evidence_mismatch'],
  examples: {
    body: { evidence_hash: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
    response: open,
  },
  handler: (call) =>
    perform(call, {
      definition: liftHalt,
      command: { ...call.body, tenant_id: call.tenantId },
      render: () => ({ status: 200, body: JSON.stringify(open) }),
    }),
});

export const haltRoutes: readonly Route[] = [getRoute, reportRoute, liftRoute];
