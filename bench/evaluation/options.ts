// The command line of `npm run evaluate`.
import { parseArgs } from 'node:util';
import { checkName, readRunOptions, type RunOptions, runUsage, runWords } from '../run/option.ts';

export interface EvaluationOptions extends RunOptions {
  readonly set: string;
  /** A file that the set is made of, or brought up to; null where it is taken as it is. */
  readonly cases: string | null;
  /** An open evaluation of the same name is gone on with: what was asked for is not asked for again. */
  readonly name: string;
  /** The least mean score, from 0 to 1; null where any will do. */
  readonly atLeast: number | null;
  /** The id of an evaluation of the set, or `last`. */
  readonly against: string | null;
  readonly tolerancePercent: number;
  readonly out: string;
}

export const evaluationUsage = `npm run evaluate -- --set <name> [options]
  --set <name>      the evaluation set
  --cases <file>    make the set of this file, or revise it where it differs: a JSON list of cases
${runUsage}
  --at-least <s>    end with 2 when the mean score is below this, such as 0.8
  --against <id>    end with 2 when the mean score falls against this evaluation, or the last finished one (last)
  --tolerance <p>   by more than so many hundredths (default 2)
  --name <name>     go on with the open evaluation of this name, or start one
  --out <folder>    where the reports go (default .data/evaluations)`;

export function readEvaluationOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): EvaluationOptions {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { ...runWords, set: text, cases: text, 'at-least': text, against: text, tolerance: text },
  });
  const { set } = values;
  if (set === undefined || set === '') throw new Error('Name the evaluation set: --set <name>.');
  const options = readRunOptions(values, env);
  return {
    ...options,
    set,
    cases: values.cases ?? null,
    name: checkName(values.name ?? `${set} ${options.model ?? 'routed'}`),
    atLeast: values['at-least'] === undefined ? null : readShare(values['at-least']),
    against: values.against ?? null,
    tolerancePercent: values.tolerance === undefined ? 2 : readPercent(values.tolerance),
    out: values.out ?? '.data/evaluations',
  };
}

function readShare(given: string): number {
  const number = given.trim() === '' ? NaN : Number(given);
  if (!(number >= 0 && number <= 1)) throw new Error('--at-least is a number from 0 to 1.');
  return number;
}

function readPercent(given: string): number {
  if (!/^(?:\d{1,2}|100)$/.test(given)) throw new Error('--tolerance is a whole number from 0 to 100.');
  return Number(given);
}
