// The present state, object by object; what it returns at the end is the cursor to follow from.
import { FollowError } from './follow.ts';
import type { Agent, Dispatch, Epic, Key, Project, Story } from './types.ts';

interface Framed {
  readonly id: string;
  readonly version: number;
}

export type SnapshotObject =
  | { readonly type: 'agent'; readonly object: Agent }
  | { readonly type: 'dispatch'; readonly object: Dispatch }
  | { readonly type: 'epic'; readonly object: Epic }
  | { readonly type: 'key'; readonly object: Key }
  | { readonly type: 'project'; readonly object: Project }
  | { readonly type: 'story'; readonly object: Story }
  | { readonly type: 'dependency'; readonly object: Framed & Readonly<Record<string, unknown>> };

type Line = SnapshotObject | { readonly type: 'end'; readonly cursor: string };

export interface SnapshotOptions {
  readonly url: string;
  readonly key: string;
  readonly types?: readonly SnapshotObject['type'][];
}

export async function* readSnapshot({ url, key, types = [] }: SnapshotOptions): AsyncGenerator<SnapshotObject, string> {
  const query = new URLSearchParams(types.map((type) => ['types', type]));
  const response = await fetch(`${url}/api/v1/changes/snapshot?${query.toString()}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  if (!response.ok || response.body === null) {
    const { code } = (await response.json()) as { readonly code: string };
    throw new FollowError(response.status, code);
  }
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = `${text}${chunk}`.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      const said = JSON.parse(line) as Line;
      if ('cursor' in said) return said.cursor;
      yield said;
    }
  }
  throw new Error('the snapshot broke off');
}
