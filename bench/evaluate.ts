// `npm run evaluate -- --set <name>`: one go at an evaluation set, and whether it is good enough.
import { commandOf } from '../boot/command-line.ts';
import { evaluate } from './evaluation/evaluate.ts';
import { complaintsOf } from './evaluation/gate.ts';
import { type EvaluationOptions, evaluationUsage, readEvaluationOptions } from './evaluation/options.ts';
import { evaluationMarkdown, evaluationReportOf } from './evaluation/report.ts';
import { EvaluationServer } from './evaluation/server.ts';
import { saveReport } from './run/report.ts';
import { showProgress } from './run/round.ts';

/** Of a set that was evaluated and is not good enough, apart from 1: what could not be evaluated at all. */
const notGoodEnough = 2;

async function main(options: EvaluationOptions): Promise<number> {
  const evaluated = await evaluate(new EvaluationServer(options.server, options.key), options, showProgress);
  const complaints = complaintsOf(evaluated, options);
  const report = evaluationReportOf(evaluated, complaints);
  const markdown = evaluationMarkdown(report);
  console.log(markdown);
  console.log(saveReport(report, markdown, options.out));
  for (const complaint of complaints) console.error(complaint);
  return complaints.length === 0 ? 0 : notGoodEnough;
}

const options = commandOf(process.argv.slice(2), evaluationUsage, (words) => readEvaluationOptions(words, process.env));
if (options !== null) {
  try {
    process.exitCode = await main(options);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
