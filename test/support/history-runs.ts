// Runs in which every kind of event of a run happens at least once.
import { abandonBenchmark, finishBenchmark, recordResult, startBenchmark } from '../../commands/benchmark.ts';
import {
  abandonEvaluation,
  askEvaluationRun,
  finishEvaluation,
  recordEvaluation,
  startEvaluation,
} from '../../commands/evaluation.ts';
import {
  archiveEvaluationSet,
  changeEvaluationSet,
  createEvaluationSet,
  restoreEvaluationSet,
} from '../../commands/evaluation-set.ts';
import { advanceRun, approveRun, cancelRun, requestRun, takeRun } from '../../commands/run.ts';
import { RunCancelled, RunFailed, RunRested, RunSucceeded, RunToolUsed } from '../../events/run-fact.ts';
import { newId } from '../../kernel/id.ts';
import { evaluationCase, evaluationPrompt } from './evaluation.ts';
import type { StepFact } from '../../runs/step.ts';
import type { Run } from './history-tour.ts';
import { contentOf, executed, mendingFacts, runRequest } from './run.ts';

const until = '2030-01-01T00:00:00.000Z';

export async function tourRuns(run: Run, project_id: string): Promise<void> {
  const ends: readonly StepFact[] = [
    { kind: RunSucceeded, data: { candidate: 2 } },
    { kind: RunFailed, data: { reason: 'attempts', detail: 'Enough.', best: 1 } },
    { kind: RunCancelled, data: { best: 1 } },
  ];
  for (const end of ends) {
    const run_id = newId();
    await run(requestRun, runRequest(run_id, { needs_approval: true, project_id, labels: { tour: 'yes' } }));
    await run(approveRun, { run_id });
    await run(takeRun, { run_id, worker: 'one', fence: 1 });
    await run(advanceRun, { run_id, fence: 1, facts: mendingFacts });
    await run(advanceRun, { run_id, fence: 1, facts: [use, rest] });
    await run(takeRun, { run_id, worker: 'two', fence: 2 });
    if (end.kind === RunCancelled) await run(cancelRun, { run_id });
    await run(advanceRun, { run_id, fence: 2, facts: [executed(2), end] });
  }
  await run(requestRun, runRequest(newId(), { project_id }));
  await tourBenchmarks(run);
  await tourEvaluations(run);
}

const use: StepFact = {
  kind: RunToolUsed,
  data: {
    purpose: 'review',
    tool: 'run_code',
    arguments: contentOf('{"code":"print(1)"}'),
    result: contentOf('It ended with ok.'),
    tier: 'bubblewrap',
    verdict: 'ok',
    run_ms: 12,
  },
};
const rest: StepFact = { kind: RunRested, data: { until, reason: 'model_unavailable' } };

async function tourBenchmarks(run: Run): Promise<void> {
  const told = { name: 'tour', problem_set: 'custom', problems_sha256: '0'.repeat(64), problems: 1 };
  const [benchmark_id, run_id] = [newId(), newId()];
  await run(startBenchmark, { ...told, benchmark_id });
  const labels = { benchmark: benchmark_id, problem: 'a', sample: '1' };
  await run(requestRun, runRequest(run_id, { labels }));
  // The first of a sample is the one that counts.
  for (const told of [{ labels }, { labels, model: 'script/demo' }]) await run(requestRun, runRequest(newId(), told));
  await run(cancelRun, { run_id });
  await run(recordResult, { benchmark_id, run_id });
  await run(finishBenchmark, { benchmark_id });
  const abandoned = { benchmark_id: newId() };
  await run(startBenchmark, { ...told, ...abandoned });
  await run(abandonBenchmark, abandoned);
}

async function tourEvaluations(run: Run): Promise<void> {
  const set = { evaluation_set_id: newId() };
  const [first, second] = [evaluationCase('first'), evaluationCase('second')];
  await run(createEvaluationSet, { ...set, name: 'tour', cases: [first, second] });
  await run(changeEvaluationSet, { ...set, description: 'Of a tour.', cases: [{ ...first, max_calls: 3 }] });
  await run(archiveEvaluationSet, set);
  await run(restoreEvaluationSet, set);
  const evaluation = { evaluation_id: newId() };
  const run_id = newId();
  await run(startEvaluation, { ...set, ...evaluation });
  await run(askEvaluationRun, { ...evaluation, run_id, case: 'first', sample: 1, prompt: evaluationPrompt });
  await run(takeRun, { run_id, worker: 'one', fence: 1 });
  const facts = [...mendingFacts, executed(2), { kind: RunSucceeded, data: { candidate: 2 } }];
  await run(advanceRun, { run_id, fence: 1, facts });
  await run(recordEvaluation, { ...evaluation, run_id });
  await run(finishEvaluation, evaluation);
  const abandoned = { evaluation_id: newId() };
  await run(startEvaluation, { ...set, ...abandoned, revision: 1 });
  await run(abandonEvaluation, abandoned);
}
