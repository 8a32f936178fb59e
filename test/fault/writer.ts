// One writer: sends random commands one after another, gives some up, repeats some, and writes down what it was told.
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '../../kernel/id.ts';
import { Refusal } from '../../kernel/refusal.ts';
import type { Result } from '../../sql/lane.ts';
import type { Ledger } from '../../sql/ledger.ts';
import { digestOf, digestOfMeaning, type Done, type HistoryFile, type Sent } from './history.ts';
import type { Random } from './random.ts';
import { actorOf, type Draft, draftOf, type Field, type Own, requestOf } from './workload.ts';

export interface WriterOptions {
  readonly ledger: Ledger;
  readonly history: HistoryFile;
  readonly random: Random;
  readonly fields: readonly Field[];
  /** The part of its commands that append many events. */
  readonly many: number;
  /** 0 never pauses. */
  readonly pauseMs: number;
  readonly stopped: () => boolean;
  readonly tally: Tally;
}

export interface Tally {
  events: number;
  refused: number;
  unknown: number;
  repeated: number;
  slowestMs: number;
}

const maxOwned = 40;
const maxTries = 200;

export class Writer {
  private readonly options: WriterOptions;
  private readonly actor = actorOf(newId());
  private readonly owned: Own[] = [];

  constructor(options: WriterOptions) {
    this.options = options;
  }

  async run(): Promise<void> {
    const { random, stopped, fields, pauseMs, many } = this.options;
    while (!stopped()) {
      await this.step(draftOf(random, random.pick(fields), this.owned, many));
      if (pauseMs > 0 && random.chance(0.02)) await sleep(random.below(pauseMs));
    }
  }

  private async step(draft: Draft): Promise<void> {
    const { history, random, tally } = this.options;
    const sent: Sent = {
      kind: 'sent',
      id: newId(),
      tenant: draft.field.tenant,
      scope: this.actor.key_id ?? '',
      name: draft.name,
      command: draft.command,
      ifMatch: draft.ifMatch ?? null,
      supplied: random.chance(0.7),
      effect: draft.effect,
      events: draft.events ?? 1,
    };
    history.add(sent);
    if (random.chance(0.02)) {
      // A caller that has hung up: what it would have been told is lost.
      this.options.ledger.execute(requestOf(sent, this.actor)).catch(() => undefined);
      history.add({ kind: 'unknown', id: sent.id, tenant: sent.tenant, code: 'aborted' });
      tally.unknown += 1;
      return;
    }
    const results = await Promise.all(
      random.chance(0.03) && sent.supplied ? [this.send(sent), this.send(sent)] : [this.send(sent)],
    );
    for (const result of results) if (result !== null) this.remember(draft, result);
    if (sent.supplied && results[0] && random.chance(0.03)) await this.repeat(sent, results[0]);
  }

  /** A chosen key is tried until its outcome is known, or until the end. */
  private async send(sent: Sent): Promise<Result | null> {
    const { ledger, history, tally } = this.options;
    for (let tries = 1; ; tries += 1) {
      const started = performance.now();
      try {
        const result = await ledger.execute(requestOf(sent, this.actor));
        tally.slowestMs = Math.max(tally.slowestMs, performance.now() - started);
        tally.events += result.replayed ? 0 : sent.events;
        history.add(doneRecord(sent, result));
        return result;
      } catch (error) {
        const again = this.fail(sent, error) && tries < maxTries && !this.options.stopped();
        if (!again) return null;
        await sleep(20);
      }
    }
  }

  /** True when the command has to be tried again. */
  private fail(sent: Sent, error: unknown): boolean {
    const { history, tally } = this.options;
    const { id, tenant } = sent;
    if (!(error instanceof Refusal)) {
      history.add({ kind: 'broken', tenant, what: `${sent.name} ${id}: ${String(error)}` });
      return false;
    }
    if (error.status < 500) {
      tally.refused += 1;
      history.add({ kind: 'refused', id, tenant, code: error.code });
      return false;
    }
    tally.unknown += 1;
    history.add({ kind: 'unknown', id, tenant, code: error.code });
    return sent.supplied;
  }

  private async repeat(sent: Sent, first: Result): Promise<void> {
    const { history, random, tally } = this.options;
    tally.repeated += 1;
    if (random.chance(0.3)) {
      await this.abuseKey(sent);
      return;
    }
    const again = await this.send(sent);
    if (again === null) return;
    const same = again.body === first.body && again.position === first.position && again.version === first.version;
    if (again.replayed && same) return;
    history.add({ kind: 'broken', tenant: sent.tenant, what: `the repeat of ${sent.id} was answered otherwise` });
  }

  /** The same key for another request must be refused; its record would contradict that of the first request. */
  private async abuseKey(sent: Sent): Promise<void> {
    const other = { ...requestOf(sent, this.actor) };
    const idempotency = { ...other.idempotency, requestHash: Buffer.alloc(32, 1) };
    const code = await this.options.ledger.execute({ ...other, idempotency }).then(
      () => 'accepted',
      (error: unknown) => (error instanceof Refusal && error.status < 500 ? error.code : 'idempotency_mismatch'),
    );
    if (code === 'idempotency_mismatch') return;
    this.options.history.add({
      kind: 'broken',
      tenant: sent.tenant,
      what: `another request under ${sent.id}: ${code}`,
    });
  }

  private remember({ field, own, name, command }: Draft, result: Result): void {
    if (own !== undefined) own.version = Math.max(own.version, result.version);
    if (name !== 'CreateStory' || result.replayed) return;
    const id = (command as { readonly story_id: string }).story_id;
    const at = this.owned.length < maxOwned ? this.owned.length : this.options.random.below(maxOwned);
    this.owned[at] = { id, field, version: result.version };
  }
}

export function doneRecord(sent: Sent, result: Result): Done {
  const { position, version, status, body, replayed } = result;
  return {
    kind: 'done',
    id: sent.id,
    tenant: sent.tenant,
    position,
    version,
    status,
    bytes: digestOf(body),
    meaning: digestOfMeaning(body),
    replayed,
  };
}
