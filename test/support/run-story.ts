// A run without a server: its facts in memory, folded as the ledger folds them, and whoever is asked answering from a list.
import { hash } from 'node:crypto';
import type { Static } from 'typebox';
import { firstThresholds } from '../../events/model-routing.ts';
import { type Run, runStream } from '../../events/run.ts';
import type { Content, RunRequested } from '../../events/run-fact.ts';
import * as facts from '../../events/run-fact.ts';
import type { JsonObject } from '../../kernel/event.ts';
import type { SandboxPort, SandboxRequest, SandboxResult } from '../../sandbox/port.ts';
import { next } from '../../runs/next.ts';
import { performerWith } from '../../runs/perform.ts';
import {
  type Asked,
  fact,
  type Question,
  type Step,
  type StepFact,
  type StepPerformer,
  type StepWorld,
} from '../../runs/step.ts';
import { modelCalled } from './run.ts';

export type Request = Static<typeof RunRequested.shape>;

export const begunAt = Date.parse('2026-01-01T00:00:00.000Z');

export function requestOf(change: Partial<Request> = {}): Request {
  return {
    kind: 'solve',
    project_id: null,
    story_id: null,
    language: 'python',
    prompt: 'Write add(a, b), which gives the sum.',
    tests: null,
    model: null,
    tiers: ['bubblewrap'],
    limits: {
      max_repairs: 3,
      max_calls: 20,
      cap_micros: null,
      deadline_s: 600,
      wall_ms: 10_000,
      memory_bytes: 2 ** 28,
    },
    classify: 'heuristic',
    needs_approval: false,
    retry_of: null,
    labels: {},
    ...change,
  };
}

export const taken = fact(facts.RunTaken, { worker: 'tester', deadline_at: '2026-01-01T00:10:00.000Z' });

/** What happened to it, folded. */
export class History {
  readonly facts: StepFact[] = [];
  private folded: Run | undefined;

  constructor(request: Request) {
    this.add(fact(facts.RunRequested, request));
    this.add(taken);
  }

  get run(): Run {
    if (this.folded === undefined) throw new Error('nothing has happened yet');
    return this.folded;
  }

  add(...added: readonly StepFact[]): this {
    for (const { kind, data } of added) {
      const stream = { type: 'run', id: 'run' };
      const version = this.facts.length + 1;
      const one = { stream, version, type: kind.type, schema: kind.schema, data: { fence: 1, ...data }, actor: {} };
      this.folded = runStream.evolve(this.folded, one);
      this.facts.push({ kind, data });
    }
    return this;
  }
}

/** Answers in their order, or as the question wants it; an endpoint that is down gives a stop. */
export type Answers = readonly (string | Asked)[] | ((question: Question) => string);

const callCost = 100;

export class RunStory {
  readonly history: History;
  readonly contents = new Map<string, Buffer>();
  readonly questions: Question[] = [];
  readonly steps: Step[] = [];
  /** Moves on with each step, and over rests at once. */
  nowMs = begunAt;
  /** Of runs of the kind `verify`. */
  verify: StepPerformer = () => Promise.reject(new Error('nothing is verified here'));
  private readonly port: Pick<SandboxPort, 'run'>;
  private readonly answers: Answers;

  constructor(
    port: Pick<SandboxPort, 'run'>,
    answers: Answers,
    change: Partial<Request> & { tests_text?: string } = {},
  ) {
    const { tests_text: text, ...rest } = change;
    this.port = port;
    this.answers = answers;
    this.history = new History(requestOf({ ...rest, tests: text === undefined ? null : this.keep(text) }));
  }

  get run(): Run {
    return this.history.run;
  }

  /** To its end, or as many steps as no run takes. */
  async go(mostSteps = 60): Promise<Run> {
    const perform = performerWith((world, step) => this.verify(world, step));
    for (let step = 0; step < mostSteps && this.run.outcome === null; step += 1) {
      if (this.run.resting !== null) {
        this.nowMs = Date.parse(this.run.resting.until);
        this.history.add(taken);
      }
      const todo = next(this.run, this.nowMs);
      this.steps.push(todo);
      this.history.add(...(await perform(this.world(), todo)));
      this.nowMs += 1;
    }
    return this.run;
  }

  textOf(content: Content | null | undefined): string {
    return content === null || content === undefined ? '' : (this.contents.get(content.sha256)?.toString() ?? '');
  }

  private keep(bytes: string | Buffer): Content {
    const content = { sha256: hash('sha256', bytes, 'hex'), size: Buffer.byteLength(bytes) };
    this.contents.set(content.sha256, Buffer.from(bytes));
    return content;
  }

  private world(): StepWorld {
    const now = (): Run => this.run;
    return {
      get run() {
        return now();
      },
      runId: 'run',
      tenantId: 'tenant',
      signal: new AbortController().signal,
      ask: (question) => Promise.resolve(this.ask(question)),
      execute: (request) => this.port.run(request),
      note: (noted) => Promise.resolve(void this.history.add(...noted)),
      keep: (bytes) => Promise.resolve(this.keep(bytes)),
      read: ({ sha256 }) => Promise.resolve(this.contents.get(sha256) ?? Buffer.alloc(0)),
      tell: () => undefined,
      thresholds: async () => firstThresholds,
      now: () => this.nowMs,
    };
  }

  private ask(question: Question): Asked {
    const answer = typeof this.answers === 'function' ? this.answers(question) : this.answers[this.questions.length];
    this.questions.push(question);
    const asked: Asked =
      answer === undefined
        ? { stop: 'model_error', detail: 'there is no answer left' }
        : typeof answer === 'string'
          ? { text: answer }
          : answer;
    const { messages, purpose, promptVersion: prompt_version } = question;
    const [prompt, output] = [this.keep(JSON.stringify(messages)), 'text' in asked ? this.keep(asked.text) : null];
    const said = 'calls' in asked ? (asked.calls ?? []) : [];
    const tool_calls = said.map((call) => ({ name: call.name, arguments: this.keep(JSON.stringify(call.arguments)) }));
    const calls = tool_calls.length === 0 ? {} : { tool_calls };
    const told = { purpose, prompt, prompt_version, output, cost_micros: callCost, ...calls };
    this.history.add(modelCalled(this.run.calls + 1, told));
    return asked;
  }
}

export function fenced(code: string, language = 'python'): string {
  return `Here it is:\n\n\`\`\`${language}\n${code.trimEnd()}\n\`\`\`\n`;
}

export function reviewOf(code: string, change: JsonObject = {}): string {
  return JSON.stringify({
    root_cause: 'It does the wrong thing.',
    error_class: 'logic',
    fix: 'Do the right thing.',
    code,
    confidence: 0.9,
    changes: ['the right thing is done'],
    ...change,
  });
}

/** A sandbox that breaks, or whatever else it is told. */
export function sandboxThat(answer: (request: SandboxRequest) => Partial<SandboxResult>): Pick<SandboxPort, 'run'> {
  const stream = { head: '', tail: '', bytes: 0, omittedBytes: 0 };
  return {
    run: (request) =>
      Promise.resolve({
        tier: 'bubblewrap',
        image: null,
        verdict: 'ok',
        exitCode: 0,
        stdout: stream,
        stderr: stream,
        timings: { readyMs: 1, runMs: 1, totalMs: 2 },
        artifacts: [],
        artifactsOmitted: false,
        trouble: null,
        ...answer(request),
      }),
  };
}
