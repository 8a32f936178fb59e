// One turn of one webhook: claims what is due, sends it with a few requests at a time, and writes down what came of it.
import { randomBytes } from 'node:crypto';
import type { Dispatcher } from 'undici';
import { traceparentOf } from '../kernel/trace.ts';
import type { Database } from '../sql/database.ts';
import {
  type Claim,
  type ClaimedDelivery,
  claimDeliveries,
  type DeliveryResult,
  type LaneName,
} from '../sql/delivery.ts';
import { openWebhookSecret } from '../sql/webhook-secret.ts';
import { type LaneState, nextLane, type Verdict, verdictOf } from './breaker.ts';
import { askedPause, retryAfter } from './delivery-schedule.ts';
import { claimS, LaneRecord } from './lane-record.ts';
import { type Attempt, attempt } from './webhook-sender.ts';

export interface LaneSources {
  readonly database: Database;
  readonly masterKey: Buffer;
  readonly wayOut: Dispatcher;
  /** Told to the ledger: a webhook is given up, or takes deliveries again. */
  readonly judge: (lane: LaneName, verdict: Verdict) => Promise<void>;
  readonly seen: (attempt: Attempt, delivery: ClaimedDelivery) => void;
  readonly now?: () => number;
  readonly attemptMs?: number;
  readonly isStopping: () => boolean;
}

export interface Turn {
  readonly sent: number;
  /** Something may be left that is due now. */
  readonly more: boolean;
}

const claimAtOnce = 64;
const inFlight = 8;
/** No delivery is begun after that. */
const turnMs = 5_000;
const nothing: Turn = { sent: 0, more: false };

interface Sent {
  readonly delivery: ClaimedDelivery;
  /** Null when its turn did not come. */
  readonly attempt: Attempt | null;
}

export async function runLane(sources: LaneSources, name: LaneName): Promise<Turn> {
  const claim = await claimDeliveries(sources.database, name, claimAtOnce, claimS);
  if (claim === null) return nothing;
  const now = sources.now ?? Date.now;
  const record = new LaneRecord(sources, name);
  const sent = await sendAll(sources, name, claim, (one, isLast) => record.add(resultOf(one, now()), isLast));
  const nowMs = now();
  const counted = sent.filter(({ attempt: made, delivery }) => made !== null && !delivery.is_test);
  const outcomes = counted.map(({ attempt: made }) => made?.taken === true);
  const lane: LaneState = outcomes.length === 0 ? claim.lane : nextLane(claim.lane, outcomes, nowMs);
  await record.finish(lane);
  const isGone = counted.some(({ attempt: made }) => made?.response?.status === 410);
  const verdict = verdictOf(lane, isGone, nowMs);
  if (verdict !== null) await sources.judge(name, verdict);
  else if (claim.webhook.on_trial && outcomes.includes(true)) await sources.judge(name, 'recovered');
  const begun = sent.filter(({ attempt: made }) => made !== null).length;
  return { sent: begun, more: verdict === null && lane.pause_s === 0 && sent.length > 0 };
}

async function sendAll(
  sources: LaneSources,
  { tenantId }: LaneName,
  { webhook, deliveries }: Claim,
  ended: (one: Sent, isLast: boolean) => void,
): Promise<Sent[]> {
  const { masterKey, wayOut, attemptMs, isStopping } = sources;
  const secrets = (webhook.secrets ?? [])
    .map(({ id: secretId, sealed }) => openWebhookSecret({ masterKey, tenantId, secretId }, sealed))
    .filter((secret) => secret !== null);
  const waiting = [...deliveries];
  const sent: Sent[] = [];
  const endMs = performance.now() + turnMs;
  let failures = 0;
  const sendSome = async (): Promise<void> => {
    for (let delivery = waiting.shift(); delivery !== undefined; delivery = waiting.shift()) {
      // Whoever fails that often in a turn is left alone; what is left waits for the next one.
      const isOver = isStopping() || performance.now() > endMs || failures >= inFlight;
      const made = isOver
        ? null
        : await attempt({
            wayOut,
            url: webhook.url,
            id: delivery.delivery_id,
            body: bodyOf(delivery),
            traceparent: traceparentOf(correlationOf(delivery), randomBytes(8).toString('hex')),
            secrets,
            isStopping,
            ...(attemptMs === undefined ? {} : { totalMs: attemptMs }),
          });
      if (made?.taken === false) failures += 1;
      if (made !== null) sources.seen(made, delivery);
      const one = { delivery, attempt: made };
      sent.push(one);
      ended(one, sent.length === deliveries.length);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, sendSome));
  return sent;
}

/** The entry is the text of the log, byte for byte: whoever has the hashes can check it. */
function bodyOf({ entry, type, recorded_at, delivery_id }: ClaimedDelivery): string {
  if (entry === null) {
    const timestamp = new Date().toISOString();
    return JSON.stringify({ type: 'webhook.test', timestamp, data: { delivery_id } });
  }
  return `{"type":"${type}","timestamp":"${recorded_at}","data":${entry}}`;
}

/** It stands before all that people wrote, so the first is the one. */
function correlationOf({ entry, delivery_id }: ClaimedDelivery): string {
  return /"correlation_id":"([^"]{32,36})"/.exec(entry ?? '')?.[1] ?? delivery_id;
}

function resultOf({ delivery, attempt: made }: Sent, nowMs: number): DeliveryResult {
  const { delivery_id, attempts, tries, is_test } = delivery;
  if (made === null) {
    return { delivery_id, attempt: null, status: 'pending', retry_s: 0, started_at: null, entry: null };
  }
  const { started_at, ...shown } = made;
  const asked = askedPause(made.response?.headers['retry-after'], nowMs);
  const retry_s = made.taken || is_test ? null : retryAfter(tries + 1, asked, Math.random());
  const failed = retry_s === null ? 'failed' : 'pending';
  return {
    delivery_id,
    attempt: attempts + 1,
    status: made.taken ? 'delivered' : failed,
    retry_s: retry_s ?? 0,
    started_at,
    entry: JSON.stringify(shown),
  };
}
