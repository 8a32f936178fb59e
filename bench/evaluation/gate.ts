// Whether an evaluation is good enough. What is not known is not good enough.
import type { Evaluated } from './evaluate.ts';
import type { EvaluationOptions } from './options.ts';

type Wanted = Pick<EvaluationOptions, 'atLeast' | 'against' | 'tolerancePercent'>;

/** Why it is not; nothing when it is, or nothing was wanted. */
export function complaintsOf({ evaluation, comparison }: Omit<Evaluated, 'results'>, wanted: Wanted): string[] {
  const { atLeast, against, tolerancePercent } = wanted;
  if (atLeast === null && against === null) return [];
  const { figures } = evaluation;
  if (figures === null) return ['The evaluation is not finished.'];
  const { scored, runs, total } = figures;
  return [
    ...(scored < runs ? [`${runs - scored} of ${runs} runs have no score.`] : []),
    ...(atLeast !== null && (total ?? -1) < atLeast ? [`The mean score ${show(total)} is below ${atLeast}.`] : []),
    ...(against === null ? [] : comparisonComplaints(comparison, tolerancePercent / 100)),
  ];
}

function comparisonComplaints(comparison: Evaluated['comparison'], tolerance: number): string[] {
  if (comparison === null) return ['There is no finished evaluation to compare with yet; this one is the first.'];
  const { difference, verdicts, before, after } = comparison;
  const unknown = verdicts.unknown === 0 ? [] : [`${verdicts.unknown} cases cannot be compared: a run has no score.`];
  if (difference === null) return [...unknown, 'No case can be compared.'];
  return difference < -tolerance
    ? [...unknown, `The mean score fell from ${show(before)} to ${show(after)}.`]
    : unknown;
}

function show(share: number | null): string {
  return share === null ? 'that nobody knows' : String(share);
}
