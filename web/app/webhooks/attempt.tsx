// One try to send a delivery: what was asked, what was answered, and how long it took.
import type { TriedDelivery } from '../api/client.ts';
import { Badge } from '../part/badge.tsx';
import { Time } from '../part/time.tsx';

export type Attempt = TriedDelivery['log'][number];

const meanings: Readonly<Record<NonNullable<Attempt['error']>, string>> = {
  dns: 'The name of its host leads nowhere.',
  tls: 'Its certificate is not trusted, or it does not speak TLS.',
  connect: 'Nothing accepts connections there.',
  timeout: 'It did not answer in time.',
  ssrf: 'Its address is not public, so nothing was sent.',
  redirect: 'It answered with a redirect, which is not followed.',
  http_4xx: 'It refused the delivery.',
  http_5xx: 'It answered that something failed there.',
  body: 'Its answer broke off.',
  secret: 'The secret of the webhook cannot be read, so nothing was signed.',
};

export function AttemptReport({ attempt }: { readonly attempt: Attempt }) {
  const { request, response, timings, error, started_at } = attempt;
  return (
    <div className="attempt">
      <p className="soft">
        {error === null ? 'It was taken.' : meanings[error]} Begun <Time at={started_at} seconds />,{' '}
        {timings.first_byte_ms === null ? '' : `first byte after ${milliseconds(timings.first_byte_ms)}, `}
        done after {milliseconds(timings.total_ms)}.
      </p>
      <div className="exchange">
        <Side name="Request" text={`POST ${request.url}\n${headersText(request.headers)}`} />
        {response === null ? (
          <div>
            <h3>Answer</h3>
            <p className="soft">None came.</p>
          </div>
        ) : (
          <Side
            name="Answer"
            text={`${response.status}\n${headersText(response.headers)}\n\n${response.body}${response.truncated ? ' …' : ''}`}
          />
        )}
      </div>
    </div>
  );
}

function Side({ name, text }: { readonly name: string; readonly text: string }) {
  return (
    <div>
      <h3>{name}</h3>
      <pre className="command" tabIndex={0} role="group" aria-label={name}>
        {text.trim()}
      </pre>
    </div>
  );
}

export function Outcome({ attempt: { taken, error, response } }: { readonly attempt: Attempt }) {
  const status = response === null ? '' : ` ${response.status}`;
  return <Badge kind={taken ? 'ok' : 'bad'} word={`${taken ? 'taken' : (error ?? 'failed')}${status}`} />;
}

function headersText(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
}

export function milliseconds(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
