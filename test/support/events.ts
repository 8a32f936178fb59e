// Server-sent events as a browser reads them, as far as the tests need it.
export interface Message {
  readonly id: string;
  /** Null for a message that only moves the id. */
  readonly data: Record<string, unknown> | null;
}

export interface EventStream {
  readonly status: number;
  readonly headers: Headers;
  /** The next message; null when the server has ended the stream or broken it off. */
  next(): Promise<Message | null>;
  /** The next one that has data. */
  nextEvent(): Promise<Message | null>;
  close(): void;
}

export async function openEvents(url: string, headers: Readonly<Record<string, string>>): Promise<EventStream> {
  const gone = new AbortController();
  const accept = 'text/event-stream';
  const response = await fetch(url, { headers: { accept, ...headers }, signal: gone.signal });
  const messages = readMessages(response);
  const next = async (): Promise<Message | null> => {
    const step = await messages.next().catch(() => null);
    return step === null || step.done === true ? null : step.value;
  };
  return {
    status: response.status,
    headers: response.headers,
    next,
    async nextEvent() {
      for (;;) {
        const message = await next();
        if (message === null || message.data !== null) return message;
      }
    },
    close: () => gone.abort(),
  };
}

async function* readMessages(response: Response): AsyncGenerator<Message> {
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const parts = text.split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const fields = new Map(
        part.split('\n').map((line) => [line.split(': ', 1)[0], line.slice(line.indexOf(': ') + 2)]),
      );
      const [id, data] = [fields.get('id'), fields.get('data')];
      if (id !== undefined) yield { id, data: data === undefined ? null : (JSON.parse(data) as Message['data']) };
    }
  }
}
