// What is heard of an answer while it comes, and what it amounts to in the end.
import type { LanguageModelUsage, TextStreamPart, ToolSet } from 'ai';
import { type ModelAnswer, ModelFailure, type ModelRequest, type ModelTokens } from './port.ts';
import { checkCalls, type SaidCall } from './tool.ts';

type Fail = (kind: ModelFailure['kind'], detail: string) => ModelFailure;

/** What has come of an answer so far. */
export class Heard {
  text = '';
  private readonly said: SaidCall[] = [];
  tokens: ModelTokens | null = null;
  private readonly request: ModelRequest;
  private readonly begun = performance.now();
  private firstTokenMs: number | null = null;
  private servedModel: string | null = null;
  private finishReason: string | null = null;

  constructor(request: ModelRequest) {
    this.request = request;
  }

  take(part: TextStreamPart<ToolSet>): void {
    if (part.type === 'text-delta') {
      this.firstTokenMs ??= this.sinceBegin();
      this.text += part.text;
      this.request.onText?.(part.text);
    } else if (part.type === 'tool-call') {
      this.firstTokenMs ??= this.sinceBegin();
      this.said.push({ name: part.toolName, arguments: part.input as unknown });
    } else if (part.type === 'error') {
      throw part.error;
    } else if (part.type === 'finish-step') {
      this.servedModel = part.response.modelId;
      this.finishReason = part.finishReason;
      this.tokens = tokensOf(part.usage);
    }
  }

  answer(): ModelAnswer {
    const { text, tokens, finishReason } = this;
    const fail: Fail = (kind, detail) => new ModelFailure(kind, detail, { tokens, text });
    if (finishReason === null || finishReason === 'other') throw fail('truncated', 'The answer broke off.');
    if (finishReason === 'length') throw fail('truncated', 'The answer is longer than was allowed.');
    if (finishReason === 'content-filter') throw fail('refused', 'The provider does not answer this.');
    if (finishReason !== 'stop' && finishReason !== 'tool-calls')
      throw fail('unavailable', `The answer ended by "${finishReason}".`);
    const { servedModel, firstTokenMs } = this;
    const calls = this.calls(fail);
    if (calls.length === 0) this.requireText(fail);
    return { text, calls, servedModel, tokens, finishReason, latencyMs: this.sinceBegin(), firstTokenMs };
  }

  private calls(fail: Fail): ModelAnswer['calls'] {
    const checked = checkCalls(this.request.tools ?? [], this.said);
    if ('calls' in checked) return checked.calls;
    throw fail(checked.fault, checked.detail);
  }

  private requireText(fail: Fail): void {
    if (this.text.trim() === '') throw fail('invalid', 'The answer is empty.');
    if (this.request.shape !== undefined && !isJson(this.text)) throw fail('invalid', 'The answer is not JSON.');
  }

  private sinceBegin(): number {
    return Math.round(performance.now() - this.begun);
  }
}

/** Null unless it is told in full; zeroes are what servers say that do not count. */
function tokensOf({ inputTokens, inputTokenDetails, outputTokens, outputTokenDetails }: LanguageModelUsage) {
  if (!isCount(inputTokens) || !isCount(outputTokens) || inputTokens === 0) return null;
  const cached = inputTokenDetails.cacheReadTokens ?? 0;
  const reasoning = outputTokenDetails.reasoningTokens ?? 0;
  if (!isCount(cached) || !isCount(reasoning) || cached > inputTokens) return null;
  return { input: inputTokens, cached, output: outputTokens, reasoning };
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isSafeInteger(value) && value >= 0;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
