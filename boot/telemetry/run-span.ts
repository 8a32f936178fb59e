// A run as a trace: one span for the run, one for each step, and within those one for each call of a model and each use of a
// tool. They say which models were asked, what it took and what it cost; never what was asked or answered.
import {
  type Attributes,
  type Context,
  type Counter,
  type Histogram,
  type Meter,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
  TraceFlags,
} from '@opentelemetry/api';
import type { Static } from 'typebox';
import { RunExecutionFinished, RunModelCalled, RunToolUsed } from '../../events/run-fact.ts';
import type { Run } from '../../events/run.ts';
import type { Step, StepFact } from '../../runs/step.ts';
import type { ClaimedRun } from '../../sql/run-lease.ts';
import type { RunObserver, TurnObserver } from '../../workers/run-observer.ts';
import { bornMs, type PlannedIds, spanIdOf, traceIdOfRun } from './span-id.ts';

type Called = Static<typeof RunModelCalled.shape>;
type Used = Static<typeof RunToolUsed.shape>;
type Executed = Static<typeof RunExecutionFinished.shape>;

interface Parts {
  readonly tracer: Tracer;
  readonly ids: PlannedIds;
  readonly meter: Meter;
}

interface Instruments {
  readonly tokens: Histogram;
  readonly durations: Histogram;
  readonly cost: Counter;
  readonly ended: Counter;
}

export type RunPlace = Pick<ClaimedRun, 'tenantId' | 'runId'>;

/** Of a run, what its span says. */
export type EndedRun = Pick<Run, 'kind' | 'language' | 'status' | 'calls' | 'cost_micros' | 'complexity'> & {
  readonly candidates: readonly unknown[];
  readonly outcome: { readonly reason: string } | null;
};

export interface RunSpans {
  readonly observe: RunObserver;
  /** Tells of a run that ended while nobody worked on it. */
  ended(place: RunPlace, run: EndedRun): void;
}

export function makeRunSpans(parts: Parts): RunSpans {
  const { meter } = parts;
  const instruments: Instruments = {
    tokens: meter.createHistogram('gen_ai.client.token.usage', { unit: '{token}' }),
    durations: meter.createHistogram('gen_ai.client.operation.duration', { unit: 's' }),
    cost: meter.createCounter('loopledger.model.cost', { unit: '{micro_usd}' }),
    ended: meter.createCounter('loopledger.runs.ended', { unit: '{run}' }),
  };
  return {
    observe: (claim) => new TurnSpans(parts, instruments, claim),
    ended: (place, run) => tellEnd(parts, instruments, run, place),
  };
}

interface OpenStep {
  readonly kind: Step['kind'];
  readonly spanId: string;
  readonly beganMs: number;
}

class TurnSpans implements TurnObserver {
  private readonly parts: Parts;
  private readonly instruments: Instruments;
  private readonly claim: ClaimedRun;
  private readonly rootId: string;
  private step: OpenStep | null = null;
  private steps = 0;

  constructor(parts: Parts, instruments: Instruments, claim: ClaimedRun) {
    this.parts = parts;
    this.instruments = instruments;
    this.claim = claim;
    this.rootId = spanIdOf(claim.runId);
  }

  begin(kind: Step['kind']): void {
    const { runId, fence } = this.claim;
    this.steps += 1;
    this.step = { kind, spanId: spanIdOf(runId, fence, this.steps), beganMs: Date.now() };
  }

  end(how: 'done' | 'broken_off' | 'failed', facts: readonly StepFact[]): void {
    const { step } = this;
    if (step === null) return;
    this.step = null;
    const attributes = {
      ...this.ofRun(),
      'loopledger.step': step.kind,
      'loopledger.step.end': how,
      ...executedOf(facts),
    };
    const span = this.parts.ids.plan({ trace: null, span: step.spanId }, () =>
      this.parts.tracer.startSpan(
        `step ${step.kind}`,
        { startTime: step.beganMs, attributes },
        this.below(this.rootId),
      ),
    );
    if (how === 'failed') span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  }

  noted(run: Run, facts: readonly StepFact[], atMs: number): void {
    for (const { kind, data } of facts) {
      if (kind === RunModelCalled) this.called(data as unknown as Called, atMs);
      if (kind === RunToolUsed) this.used(data as unknown as Used, atMs);
    }
    if (run.outcome !== null) tellEnd(this.parts, this.instruments, run, this.claim);
  }

  private called(call: Called, atMs: number): void {
    const { asked_model, latency_ms, tokens, error, endpoint, cost_micros } = call;
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': endpoint,
      'gen_ai.request.model': asked_model,
    };
    const span = this.parts.tracer.startSpan(
      `chat ${asked_model}`,
      {
        kind: SpanKind.CLIENT,
        startTime: atMs - latency_ms,
        attributes: { ...this.ofRun(), ...attributes, ...attributesOf(call) },
      },
      this.below(this.step?.spanId ?? this.rootId),
    );
    if (error !== null) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(atMs);
    const { durations, tokens: used, cost } = this.instruments;
    durations.record(latency_ms / 1_000, error === null ? attributes : { ...attributes, 'error.type': error.class });
    cost.add(cost_micros, attributes);
    if (tokens === null) return;
    used.record(tokens.input, { ...attributes, 'gen_ai.token.type': 'input' });
    used.record(tokens.output, { ...attributes, 'gen_ai.token.type': 'output' });
  }

  private used({ tool, tier, verdict, run_ms, purpose }: Used, atMs: number): void {
    const attributes = {
      ...this.ofRun(),
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': tool,
      'loopledger.purpose': purpose,
      'loopledger.sandbox.tier': tier ?? 'none',
      'loopledger.sandbox.verdict': verdict ?? 'none',
    };
    const parent = this.below(this.step?.spanId ?? this.rootId);
    const span = this.parts.tracer.startSpan(`execute_tool ${tool}`, { startTime: atMs - run_ms, attributes }, parent);
    if (verdict === null || verdict === 'sandbox_error') span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(atMs);
  }

  private ofRun(): Attributes {
    return attributesOfRun(this.claim);
  }

  private below(spanId: string): Context {
    const traceId = traceIdOfRun(this.claim.runId);
    return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true });
  }
}

/** The fence is that of the worker, where there is one. */
type Place = RunPlace & { readonly fence?: number };

function attributesOfRun({ runId, tenantId, fence }: Place): Attributes {
  const attributes = { 'loopledger.run.id': runId, 'loopledger.tenant.id': tenantId };
  return fence === undefined ? attributes : { ...attributes, 'loopledger.run.fence': fence };
}

function tellEnd({ tracer, ids }: Parts, { ended }: Instruments, run: EndedRun, place: Place): void {
  const { kind, language, status, calls, cost_micros, candidates, complexity, outcome } = run;
  const reason = outcome?.reason ?? status;
  const attributes = {
    ...attributesOfRun(place),
    'loopledger.run.kind': kind,
    'loopledger.run.language': language,
    'loopledger.run.status': status,
    'loopledger.run.reason': reason,
    'loopledger.run.complexity': complexity ?? 'unknown',
    'loopledger.run.calls': calls,
    'loopledger.run.candidates': candidates.length,
    'loopledger.run.cost_micros': cost_micros,
  };
  const { runId } = place;
  const span = ids.plan({ trace: traceIdOfRun(runId), span: spanIdOf(runId) }, () =>
    tracer.startSpan(`run ${kind}`, { root: true, startTime: bornMs(runId), attributes }, ROOT_CONTEXT),
  );
  if (status === 'failed') span.setStatus({ code: SpanStatusCode.ERROR, message: reason });
  span.end();
  ended.add(1, { 'loopledger.run.kind': kind, 'loopledger.run.status': status, 'loopledger.run.reason': reason });
}

function attributesOf({ served_model, tokens, finish_reason, error, ...call }: Called): Attributes {
  return {
    'loopledger.purpose': call.purpose,
    'loopledger.attempt': call.attempt,
    'loopledger.cost_micros': call.cost_micros,
    ...(served_model === null ? {} : { 'gen_ai.response.model': served_model }),
    ...(finish_reason === null ? {} : { 'gen_ai.response.finish_reasons': [finish_reason] }),
    ...(error === null ? {} : { 'error.type': error.class }),
    ...(tokens === null
      ? {}
      : { 'gen_ai.usage.input_tokens': tokens.input, 'gen_ai.usage.output_tokens': tokens.output }),
  };
}

function executedOf(facts: readonly StepFact[]): Attributes {
  const found = facts.find(({ kind }) => kind === RunExecutionFinished);
  if (found === undefined) return {};
  const { tier, verdict, is_solved, run_ms, tests } = found.data as unknown as Executed;
  return {
    'loopledger.sandbox.tier': tier,
    'loopledger.sandbox.verdict': verdict,
    'loopledger.sandbox.run_ms': run_ms,
    'loopledger.is_solved': is_solved,
    ...(tests === null ? {} : { 'loopledger.tests.passed': tests.passed, 'loopledger.tests.failed': tests.failed }),
  };
}
