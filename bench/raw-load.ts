// The physical floor: the baseline's INSERT by many connections straight from Node, without HTTP.
import pg from 'pg';
import { Histogram } from './measure/histogram.ts';
import type { InsertJob, JobResult } from './measure/job.ts';

const insert = {
  name: 'insert_story',
  text: `insert into bench.stories (epic_id, title, description, priority, criteria) values ($1, $2, $3, $4, $5)
         returning id, created_at`,
};

interface Body {
  readonly title: string;
  readonly description: string;
  readonly priority: number;
  readonly criteria: readonly object[];
}

async function perform(job: InsertJob): Promise<JobResult> {
  const { title, description, priority, criteria } = JSON.parse(job.body) as Body;
  const values = [job.epicId, title, description, priority, JSON.stringify(criteria)];
  const clients = Array.from({ length: job.clients }, () => new pg.Client({ connectionString: job.url }));
  await Promise.all(clients.map((client) => client.connect()));
  const latencies = new Histogram();
  const startMs = performance.now() + job.warmupMs;
  const endMs = startMs + job.measureMs;
  let sent = 0;
  const loop = async (client: pg.Client): Promise<void> => {
    for (let sentMs = performance.now(); sentMs < endMs;) {
      await client.query({ ...insert, values });
      const nowMs = performance.now();
      sent += 1;
      if (nowMs >= startMs && nowMs < endMs) latencies.record(nowMs - sentMs);
      sentMs = nowMs;
    }
  };
  await Promise.all(clients.map(loop));
  await Promise.all(clients.map((client) => client.end()));
  return {
    done: latencies.total,
    sent,
    seconds: job.measureMs / 1000,
    latencies: latencies.toCounts(),
    failures: 0,
    firstFailure: null,
  };
}

process.on('message', (job: InsertJob) => {
  perform(job).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      throw error;
    },
  );
});
process.once('disconnect', () => process.exit(0));
process.send?.({ ready: true });
