// What the metrics tell of deliveries: attempts by what came of them, how much is due, and how late it is.
import type { ClaimedDelivery, DueLane } from '../sql/delivery.ts';
import type { WorkerGauge } from './log.ts';
import type { Attempt } from './webhook-sender.ts';

const classes = [
  'taken',
  'dns',
  'tls',
  'connect',
  'timeout',
  'ssrf',
  'redirect',
  'http_4xx',
  'http_5xx',
  'body',
  'secret',
] as const;

/** So many webhooks are told apart in the metrics. */
const mostAges = 200;

export class DeliveryCounts {
  private readonly attempts = new Map<string, number>(classes.map((name) => [name, 0]));
  private lanes = 0;
  private latestMs = 0;
  private waitedMs = 0;
  private first = 0;
  /** How old the delivery was that was tried last, by webhook; those that were tried last stand last. */
  private readonly ages = new Map<string, number>();

  seen(webhookId: string, { error }: Attempt, { attempts, waited_ms }: ClaimedDelivery): void {
    this.ages.delete(webhookId);
    this.ages.set(webhookId, waited_ms);
    for (const oldest of this.ages.keys()) {
      if (this.ages.size <= mostAges) break;
      this.ages.delete(oldest);
    }
    const name = error ?? 'taken';
    this.attempts.set(name, (this.attempts.get(name) ?? 0) + 1);
    if (attempts > 0) return;
    this.first += 1;
    this.waitedMs += waited_ms;
  }

  due(lanes: readonly DueLane[]): void {
    this.lanes = lanes.length;
    this.latestMs = lanes[0]?.late_ms ?? 0;
  }

  gauges(turns: number): WorkerGauge[] {
    return [
      ...[...this.attempts].map(([name, value]) => ({
        name: `loopledger_webhook_attempts_${name}`,
        help: `Attempts of this process that ended so: ${name}.`,
        value,
      })),
      {
        name: 'loopledger_webhooks_due',
        help: 'Webhooks with deliveries that are due, in all tenants.',
        value: this.lanes,
      },
      { name: 'loopledger_webhooks_served', help: 'Webhooks that this process is sending to.', value: turns },
      {
        name: 'loopledger_webhook_lag_seconds',
        help: 'How long the webhook that waits the longest has been due.',
        value: this.latestMs / 1_000,
      },
      {
        name: 'loopledger_webhook_first_attempt_seconds_sum',
        help: 'Time from the fan-out to the claim, over all first attempts.',
        value: this.waitedMs / 1_000,
      },
      { name: 'loopledger_webhook_first_attempts', help: 'First attempts of this process.', value: this.first },
      ...[...this.ages].map(([webhookId, ms]) => ({
        name: 'loopledger_webhook_age_seconds',
        help: 'By webhook: how old the delivery was that was tried last.',
        label: `webhook="${webhookId}"`,
        value: ms / 1_000,
      })),
    ];
  }
}
