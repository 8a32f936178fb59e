// A story that is verified by running, at the second try.
import { createEpic } from '../../commands/epic.ts';
import { setVerification } from '../../commands/project.ts';
import { advanceRun, takeRun } from '../../commands/run.ts';
import { createStory } from '../../commands/story.ts';
import { newId } from '../../kernel/id.ts';
import type { Run } from './history-tour.ts';
import type { Loop } from './loop.ts';
import { executed, factsOf, wholeCommit } from './verification.ts';

export async function tourVerification(run: Run, loop: Loop, project_id: string): Promise<void> {
  const verification = { project_id, verification: executed, allow_local: false };
  await run(setVerification, verification);
  const [epic_id, story_id] = [newId(), newId()];
  const criteria = [{ text: 'It adds', binding: 'test:tests/test_add.py' }];
  await run(createEpic, { epic_id, project_id, title: 'Proof' });
  await run(createStory, { story_id, epic_id, title: 'The proof', criteria });
  const [worker, reviewer] = [await loop.send('agent'), await loop.send('agent')];
  await loop.takeOn(worker, { story_id, title: 'The proof', criteria });
  await loop.handIn(worker, story_id, { commit: wholeCommit });
  await loop.review(reviewer, story_id);
  const verifier = await loop.send('orchestrator');
  await loop.draw(story_id);
  for (const end of ['refuted', 'passed'] as const) {
    const { custody } = await loop.verify(verifier, story_id);
    const run_id = custody?.verification_run?.run_id ?? '';
    await run(takeRun, { run_id, worker: 'one', fence: 1 });
    await run(advanceRun, { run_id, fence: 1, facts: factsOf(end) });
  }
  await run(setVerification, { ...verification, verification: { ...executed, mode: 'attested' } });
}
