// What happened to a story: the events of its stream, as the feed shows them.
import type { Database } from '../sql/database.ts';
import { eventText } from './event.ts';
import { type Listed, listQuery, type PageRequest, readPageOf } from './page.ts';

interface EventRow extends Record<string, unknown> {
  readonly text: string;
}

const ofStory = listQuery({
  name: 'list_story_history',
  // A deleted story is no longer shown, but what happened to it is not forgotten.
  parent: '(select s.story_id from view.stories s where s.tenant_id = $1 and s.story_id = $3) as parent',
  columns: `e.version, ${eventText} as text`,
  source: "from ledger.events e where e.tenant_id = $1 and e.stream_type = 'story' and e.stream_id = $3",
  after: 'e.version > $4::integer',
  order: ['version'],
});

export function listStoryHistory(
  database: Database,
  tenantId: string,
  storyId: string,
  page: PageRequest,
): Promise<Listed | null> {
  const values = [storyId, page.after?.[0] ?? 0];
  return readPageOf<EventRow>(database, ofStory, { tenantId, page, values, show: ({ text }) => text });
}
