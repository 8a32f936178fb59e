// Makes the tenants of a load: each has a project, epics, and stories that all writers change.
import { newId } from '../../kernel/id.ts';
import type { Json } from '../../kernel/event.ts';
import type { Ledger } from '../../sql/ledger.ts';
import type { HistoryFile, Sent } from './history.ts';
import { actorOf, type Field, requestOf } from './workload.ts';
import { doneRecord } from './writer.ts';

const epicCount = 4;
const contestedCount = 3;

export async function makeFields(ledger: Ledger, history: HistoryFile, count: number): Promise<Field[]> {
  return Promise.all(Array.from({ length: count }, () => makeField(ledger, history)));
}

async function makeField(ledger: Ledger, history: HistoryFile): Promise<Field> {
  const tenant = newId();
  const scope = newId();
  const run = (name: string, command: Json) => runRecorded(ledger, history, { tenant, scope, name, command });
  const projectId = newId();
  const epics = Array.from({ length: epicCount }, () => newId());
  const contested = Array.from({ length: contestedCount }, () => newId());
  await run('CreateProject', { project_id: projectId, name: 'Field', slug: 'field' });
  for (const id of epics) await run('CreateEpic', { epic_id: id, project_id: projectId, title: 'Epic' });
  for (const id of contested) await run('CreateStory', { story_id: id, epic_id: epics[0] ?? '', title: 'Contested' });
  return { tenant, epics, contested };
}

/** One command that has to succeed, with its lines in the history. */
export async function runRecorded(
  ledger: Ledger,
  history: HistoryFile,
  wish: Pick<Sent, 'tenant' | 'scope' | 'name' | 'command'>,
): Promise<void> {
  const sent: Sent = { kind: 'sent', id: newId(), ...wish, ifMatch: null, supplied: true, effect: 'all', events: 1 };
  history.add(sent);
  history.add(doneRecord(sent, await ledger.execute(requestOf(sent, actorOf(sent.scope)))));
}
