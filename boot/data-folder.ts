// A data folder that cannot be used is for the operator to mend: it is told in a sentence and not as a fault of the server.
import { Refusal } from '../kernel/refusal.ts';
import { codeOf } from '../sql/database.ts';
import { refuseBoot } from './refusal.ts';

/** As the system says that a folder is not there, not ours, or full. */
const unusable = new Set([
  'EACCES',
  'EDQUOT',
  'EEXIST',
  'EISDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'ENOSPC',
  'ENOTDIR',
  'EPERM',
  'EROFS',
]);

export async function inDataFolder<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal || !(error instanceof Error) || !unusable.has(codeOf(error))) throw error;
    throw refuseBoot('data_unusable', `The data cannot be kept in ${folder} (LOOPLEDGER_DATA): ${error.message}`);
  }
}
