// How providers are reached: no redirect is followed, and an answer that never ends is cut off.

/** Like the global one, with a dispatcher of the caller's behind it. */
export type Fetch = (input: string | URL, init: RequestInit) => Promise<Response>;

const maxAnswerBytes = 16 << 20;

export function limitBody(fetch: Fetch, most = maxAnswerBytes): Fetch {
  return async (input, init) => {
    // The key of a tenant goes to the address that the tenant named, and nowhere else.
    const answer = await fetch(input, { ...init, redirect: 'error' });
    if (answer.body === null) return answer;
    const { status, statusText, headers } = answer;
    return new Response(answer.body.pipeThrough(counter(most)), { status, statusText, headers });
  };
}

function counter(most: number): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let seen = 0;
  return new TransformStream({
    transform(chunk, controller) {
      seen += chunk.length;
      if (seen > most) controller.error(new Error('The answer is too large.'));
      else controller.enqueue(chunk);
    },
  });
}
