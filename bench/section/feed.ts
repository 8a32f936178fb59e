// Followers of a log: sockets by the hundred and thousand, sockets that hear nothing, readers that wait, readers that catch up.
import { setTimeout as sleep } from 'node:timers/promises';
import { Histogram } from '../measure/histogram.ts';
import { residentMiB } from '../measure/memory.ts';
import type { Row } from '../measure/rounds.ts';
import type { OpenJob, SubscriberAnswer, WriteJob } from '../measure/subscriber-job.ts';
import type { Section } from '../report/result.ts';
import { rowOfHistogram, rowOfRate, rowOfSamples } from '../report/row.ts';
import type { Bench } from '../stage/bench.ts';
import { type Program, startProgram } from '../stage/child.ts';
import { type Place, takeSamples } from '../stage/long-poll.ts';
import { bearer, storyBody } from '../stage/request.ts';

interface Scale {
  readonly few: number;
  readonly many: number;
  readonly idle: number;
  readonly events: number;
  readonly readers: number;
  readonly wakes: number;
  readonly log: number;
  readonly settleMs: number;
}

const whole: Scale = {
  few: 100,
  many: 1_000,
  idle: 5_000,
  events: 100,
  readers: 500,
  wakes: 10,
  log: 40_000,
  settleMs: 3_000,
};
const quick: Scale = { few: 10, many: 40, idle: 60, events: 5, readers: 20, wakes: 2, log: 1_200, settleMs: 200 };
const eventsPerSecond = 10;
const socketsPerTenant = 1_000;
const practiceWakes = 2;

interface Stage {
  readonly bench: Bench;
  readonly port: number;
  readonly pid: number;
  readonly subscribers: Program;
  readonly scale: Scale;
  readonly notes: string[];
}

export async function benchFeed(bench: Bench): Promise<Section> {
  const scale = bench.options.quick ? quick : whole;
  const subscribers = await startProgram('subscribers');
  const ours = await bench.api();
  const stage: Stage = { bench, port: ours.port, pid: ours.pid, subscribers, scale, notes: [] };
  try {
    const rows: Row[] = [];
    for (const measure of measures) {
      const found = await measure(stage);
      for (const { name } of found) bench.tell(name);
      rows.push(...found);
    }
    return { name: 'feed', title: 'Followers of a log', notes: stage.notes, rows };
  } finally {
    await subscribers.stop();
    await ours.stop();
  }
}

const measures: readonly ((stage: Stage) => Promise<Row[]>)[] = [
  (stage) => watchSockets(stage, stage.scale.few),
  (stage) => watchSockets(stage, stage.scale.many),
  holdIdleSockets,
  wakeReaders,
  catchUp,
];

/** Every socket gets every event, or the run has no figure. */
async function watchSockets(stage: Stage, sockets: number): Promise<Row[]> {
  const { subscribers, scale, notes } = stage;
  const place = await placeOf(stage);
  await open(stage, place, sockets);
  const job = jobOf(place, scale.events);
  // Nobody is judged by code that the engine has not compiled yet.
  await told(subscribers, { ...job, events: Math.ceil(scale.events / 5) });
  const answer = await told(subscribers, job);
  await subscribers.ask({ what: 'close' });
  const rate = Math.round(answer.perSecond);
  notes.push(
    `${sockets} sockets of one tenant, ${scale.events} writes at ${eventsPerSecond} a second: ${rate} messages/s, none missing; ` +
      'from the answer to the writer ("commit", below zero counts as zero) and from its question ("request")',
  );
  return [
    rowOfHistogram(`${sockets} sockets, commit to socket`, new Histogram(answer.fromCommit), answer.perSecond),
    rowOfHistogram(`${sockets} sockets, request to socket`, new Histogram(answer.fromRequest), answer.perSecond),
  ];
}

async function told(subscribers: Program, job: WriteJob): Promise<SubscriberAnswer> {
  const answer = await subscribers.ask<SubscriberAnswer>(job);
  if (answer.missing > 0) throw new Error(`${answer.missing} messages did not come`);
  return answer;
}

/** Some sockets have come and gone before: what they leave behind belongs to the process, not to those that are counted. */
async function holdIdleSockets(stage: Stage): Promise<Row[]> {
  const { pid, subscribers, scale, notes } = stage;
  await sleep(scale.settleMs);
  const before = residentMiB(pid);
  const beganMs = performance.now();
  for (let left = scale.idle; left > 0; left -= socketsPerTenant) {
    await open(stage, await placeOf(stage), Math.min(left, socketsPerTenant));
  }
  const openedMs = performance.now() - beganMs;
  await sleep(scale.settleMs);
  const after = residentMiB(pid);
  await subscribers.ask({ what: 'close' });
  await sleep(scale.settleMs);
  const grown = before === null || after === null ? '?' : (after - before).toFixed(0);
  notes.push(
    `${scale.idle} sockets with a subscription each and nothing to hear: ${grown} MiB more (${before?.toFixed(0)} before); ` +
      `all live ${(openedMs / 1_000).toFixed(1)} s after the first began`,
  );
  return [rowOfRate(`${scale.idle} idle sockets, opened`, scale.idle / (openedMs / 1_000))];
}

async function wakeReaders(stage: Stage): Promise<Row[]> {
  const { scale, notes } = stage;
  const place = await placeOf(stage);
  await takeSamples(place, { writes: practiceWakes, readers: scale.readers });
  const samples = await takeSamples(place, { writes: scale.wakes, readers: scale.readers });
  notes.push(`${scale.readers} readers wait with a long poll for each of ${scale.wakes} writes; each of them counts`);
  const waits = samples.map(({ afterCommitMs }) => afterCommitMs);
  return [rowOfSamples(`${scale.readers} long polls, commit to reader`, waits)];
}

interface Page {
  readonly next_cursor: string;
  readonly has_more: boolean;
}

/** One reader asks for page after page, as large as they come, from the beginning. */
async function catchUp(stage: Stage): Promise<Row[]> {
  const { bench, scale, notes } = stage;
  const [tenant] = await bench.populator.found(1, 10);
  if (tenant === undefined) throw new Error('no tenant was founded');
  await bench.populator.fill(tenant, scale.log);
  await bench.cluster.admin('vacuum analyze ledger.events');
  const place = { port: stage.port, tenant };
  await readAll(place);
  const beganMs = performance.now();
  const { events, bytes } = await readAll(place);
  const seconds = (performance.now() - beganMs) / 1_000;
  notes.push(
    `one reader reads ${events} events from the beginning, a thousand a page, ${(bytes / events).toFixed(0)} bytes each`,
  );
  return [rowOfRate('catch-up, events', events / seconds)];
}

async function readAll({ port, tenant }: Place): Promise<{ events: number; bytes: number }> {
  const headers = bearer(tenant.key);
  let [cursor, events, bytes] = ['0', 0, 0];
  for (let more = true; more;) {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/changes?limit=1000&since=${cursor}`, { headers });
    const body = Buffer.from(await response.arrayBuffer());
    if (!response.ok) throw new Error(`the feed answered ${response.status}: ${body.toString()}`);
    // Neither decoded nor parsed: what a reader does with the events is not measured here.
    const page = JSON.parse(`{${body.toString('latin1', body.lastIndexOf('"next_cursor"'))}`) as Page;
    events += countLines(body);
    bytes += body.length;
    [cursor, more] = [page.next_cursor, page.has_more];
  }
  return { events, bytes };
}

/** An event a line. */
function countLines(body: Buffer): number {
  let lines = 1;
  for (let at = body.indexOf(10); at !== -1; at = body.indexOf(10, at + 1)) lines += 1;
  return lines;
}

async function placeOf({ bench, port }: Stage): Promise<Place> {
  const [tenant] = await bench.populator.found(1, 1);
  if (tenant === undefined) throw new Error('no tenant was founded');
  return { port, tenant };
}

async function open({ subscribers }: Stage, { port, tenant }: Place, count: number): Promise<void> {
  const job: OpenJob = { what: 'open', port, key: tenant.key, count };
  await subscribers.ask(job);
}

function jobOf({ port, tenant }: Place, events: number): WriteJob {
  const path = `/api/v1/epics/${tenant.epics[0]}/stories`;
  return { what: 'write', port, key: tenant.key, path, body: storyBody, events, perSecond: eventsPerSecond };
}
