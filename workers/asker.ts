// Gets questions of runs answered: picks the model, tries the next one when it fails, and gives up in the end.
import { setTimeout as pause } from 'node:timers/promises';
import { openWayOut } from '../kernel/way-out.ts';
import { Breakers } from '../models/breaker.ts';
import { ModelFailure } from '../models/port.ts';
import { priceOf } from '../models/price.ts';
import { readEndpointsToAsk } from '../projections/model-endpoint.ts';
import { readModelRouting } from '../projections/model-routing.ts';
import type { Asked, Asker, Asking } from '../runs/step.ts';
import type { Database } from '../sql/database.ts';
import { readModelPrices } from '../sql/model-price.ts';
import { makeCall, type Ports } from './model-call.ts';
import { chainOf, type Choice, choicesOf, tighter } from './model-route.ts';

export interface AskerOptions {
  readonly database: Database;
  readonly masterKey: Buffer;
  /** For development: servers in networks of ours as well. */
  readonly allowPrivate: boolean;
  /** The folder of scripts; null where none are answered from. */
  readonly scripts: string | null;
  /** For so long in all it is waited for models that wished to be left alone. */
  readonly patienceMs?: number;
  readonly firstTokenMs?: number;
  readonly totalMs?: number;
}

export interface RunningAsker {
  readonly ask: Asker;
  close(): Promise<void>;
}

const mostAttempts = 6;
const defaultPatienceMs = 60_000;
const firstPauseMs = 500;
/** Asked again, the same model would say the same. */
const final = new Set(['unauthorized', 'rejected', 'refused']);

export function createAsker(options: AskerOptions): RunningAsker {
  const { database, allowPrivate, scripts, patienceMs = defaultPatienceMs } = options;
  const wayOut = openWayOut({ allowPrivate });
  const times = { ...pick(options, 'firstTokenMs'), ...pick(options, 'totalMs') };
  const ports: Ports = { database, masterKey: options.masterKey, via: { wayOut, scripts, ...times } };
  const breakers = new Breakers();
  return {
    async ask(asking) {
      const prepared = await prepare(database, asking);
      return new Questioning({ ports, breakers, patienceMs, asking, ...prepared }).run();
    },
    close: () => wayOut.destroy(),
  };
}

function pick<Name extends 'firstTokenMs' | 'totalMs'>(options: AskerOptions, name: Name) {
  const value = options[name];
  return value === undefined ? {} : { [name]: value };
}

async function prepare(database: Database, { tenantId, run, question }: Asking) {
  const [{ view: routing }, endpoints, prices] = await Promise.all([
    readModelRouting(database, tenantId),
    readEndpointsToAsk(database, tenantId),
    readModelPrices(database),
  ]);
  const named = chainOf(routing, run, question.purpose);
  const caps = { ...routing.caps, run: tighter(routing.caps.run, run.limits.cap_micros) };
  const choices = choicesOf(named, endpoints, (endpoint, model) => priceOf(endpoint, model, prices));
  return { caps, projectId: run.project_id, choices };
}

interface QuestioningParts extends Awaited<ReturnType<typeof prepare>> {
  readonly ports: Ports;
  readonly breakers: Breakers;
  readonly patienceMs: number;
  readonly asking: Asking;
}

/** One question on its way through the models that may answer it. */
class Questioning {
  private readonly parts: QuestioningParts;
  private readonly left: Set<Choice>;
  private readonly faults: string[] = [];
  private attempts = 0;
  private waitedMs = 0;
  private isBeyondBudget = false;

  constructor(parts: QuestioningParts) {
    this.parts = parts;
    this.left = new Set(parts.choices.filter((choice) => this.isFit(choice)));
  }

  async run(): Promise<Asked> {
    const { run, signal } = this.parts.asking;
    while (this.left.size > 0 && this.attempts < mostAttempts) {
      for (const choice of this.left) {
        signal.throwIfAborted();
        if (run.calls + this.attempts >= run.limits.max_calls)
          return this.stop('attempts', 'It may ask no more often.');
        if (this.attempts >= mostAttempts) break;
        if (this.closedMs(choice) > 0) continue;
        const asked = await this.tryOne(choice);
        if (asked !== null) return asked;
      }
      if (!(await this.wait())) break;
    }
    return this.isBeyondBudget
      ? this.stop('budget', 'No cap leaves room for it.')
      : this.stop('model_error', 'No model answered.');
  }

  private stop(stop: 'model_error' | 'budget' | 'attempts', detail: string): Asked {
    return { stop, detail: [detail, ...new Set(this.faults)].join(' ').slice(0, 2_000) };
  }

  private isFit({ name, fault }: Choice): boolean {
    if (fault !== null) this.faults.push(`${name}: ${fault}.`);
    return fault === null;
  }

  private async tryOne(choice: Choice): Promise<Asked | null> {
    const { asking, breakers, ports, caps, projectId } = this.parts;
    const attempt = this.attempts + 1;
    const call = await makeCall(ports, {
      asking,
      choice,
      attempt,
      number: asking.run.calls + attempt,
      caps,
      projectId,
    });
    if ('full' in call) {
      this.isBeyondBudget = true;
      this.faults.push(`${choice.name}: the cap of the ${call.full} has no room.`);
      this.left.delete(choice);
      return null;
    }
    this.attempts = attempt;
    const key = this.keyOf(choice);
    if (!(call.result instanceof ModelFailure)) {
      breakers.answered(key);
      const { text, calls } = call.result;
      return calls.length === 0 ? { text } : { text, calls };
    }
    const failure = call.result;
    asking.signal.throwIfAborted();
    breakers.failed(key, failure, Date.now());
    this.faults.push(`${choice.name}: ${failure.kind}, ${failure.message}`);
    if (final.has(failure.kind)) this.left.delete(choice);
    return null;
  }

  /** False when there is nothing to wait for, or it would take too long. */
  private async wait(): Promise<boolean> {
    if (this.left.size === 0 || this.attempts >= mostAttempts) return false;
    const closed = Math.min(...[...this.left].map((choice) => this.closedMs(choice)));
    const ms = Math.max(closed, firstPauseMs * 2 ** Math.min(this.attempts, 5));
    if (this.waitedMs + ms > this.parts.patienceMs) return false;
    this.waitedMs += ms;
    await pause(ms, undefined, { signal: this.parts.asking.signal });
    return true;
  }

  private closedMs(choice: Choice): number {
    const now = Date.now();
    return Math.max(this.parts.breakers.closedUntil(this.keyOf(choice), now) - now, 0);
  }

  private keyOf({ endpoint }: Choice): string {
    return `${this.parts.asking.tenantId} ${endpoint?.id ?? ''}`;
  }
}
