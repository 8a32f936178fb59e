// An evaluation as the documents show it: one case, solved after a repair that nobody wanted.
import { evaluationSetExample } from './evaluation-set.ts';
import { runExample } from './run.ts';

export const earlierId = '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d60';

export const started = {
  id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d61',
  version: 1,
  created_at: '2026-01-02T03:04:05.678Z',
  updated_at: '2026-01-02T03:04:05.678Z',
  name: 'prompts of May',
  evaluation_set_id: evaluationSetExample.id,
  set_name: evaluationSetExample.name,
  revision: 1,
  project_id: null,
  cases: 1,
  samples: 1,
  model: 'openai/gpt-5',
  tiers: ['docker', 'bubblewrap', 'wasm'],
  max_repairs: 3,
  cap_micros: null,
  classify: 'heuristic',
  tools: [],
  status: 'open',
  asked: 0,
  recorded: 0,
  total: null,
  cost_micros: 0,
  figures: null,
};
export const params = { evaluation_id: started.id };
export const recorded = { ...started, version: 3, asked: 1, recorded: 1, total: 0.8889, cost_micros: 1_200 };

export const result = {
  run_id: runExample.id,
  case: 'add-two-numbers',
  sample: 1,
  case_sha256: '3'.repeat(64),
  is_solved: true,
  is_solved_at_once: false,
  reason: 'solved',
  candidates: 2,
  calls: 3,
  cost_micros: 1_200,
  took_ms: 8_400,
  tiers: ['docker'],
  tests_sha256: '1'.repeat(64),
  tests: { passed: 1, total: 1 },
  steps: ['classify', 'plan', 'code', 'merge', 'execute', 'review', 'repair', 'execute'],
  repeats: 0,
  score: {
    completion: 1,
    steps: 0.6667,
    cost: 1,
    loops: 0.6667,
    total: 0.8889,
    of: { completion: 3, steps: 1, cost: 1, loops: 1 },
  },
  recorded_at: '2026-01-02T03:04:15.678Z',
};

const figures = {
  runs: 1,
  solved: 1,
  solved_at_once: 0,
  candidates: 2,
  calls: 3,
  cost_micros: 1_200,
  cost_micros_per_solved: 1_200,
  took_p50_ms: 8_400,
  took_p95_ms: 8_400,
  tiers: { docker: 1 },
  reasons: { solved: 1 },
  cases: 1,
  scored: 1,
  total: result.score.total,
  completion: { mean: 1, runs: 1 },
  steps: { mean: 0.6667, runs: 1 },
  cost: { mean: 1, runs: 1 },
  loops: { mean: 0.6667, runs: 1 },
  solved_share: 1,
  worst: [{ case: result.case, total: result.score.total }],
};
export const finished = { ...recorded, version: 4, status: 'finished', figures };

const same = (share: number) => ({ before: share, after: share });
export const comparison = {
  tolerance: 0.02,
  compared: 1,
  before: 1,
  after: 0.8889,
  difference: -0.1111,
  verdicts: { worse: 1, unknown: 0, better: 0, same: 0, changed: 0, added: 0, removed: 0 },
  cases: [
    {
      case: result.case,
      verdict: 'worse',
      before: 1,
      after: 0.8889,
      difference: -0.1111,
      parts: {
        completion: same(1),
        steps: { before: 1, after: 0.6667 },
        cost: same(1),
        loops: { before: 1, after: 0.6667 },
      },
    },
  ],
};
