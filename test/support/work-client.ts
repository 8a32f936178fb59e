// A plan made over HTTP, and the shortest way to speak of its parts.
import type { Body, Founded, Heard, Said, TestServer } from './server.ts';

export interface Planned extends Founded {
  readonly project: Body;
  readonly epics: readonly Body[];
  /** Two stories in each epic, in the order of their numbers. */
  readonly stories: readonly Body[];
  /** Speaks with the user's key unless another one is given. */
  readonly say: (method: string, path: string, said?: Said) => Promise<Heard>;
}

/** A project with epics 1 and 2, each with stories 1 and 2, in a tenant of its own. */
export async function planWork(server: TestServer, slug = 'orbit'): Promise<Planned> {
  const founded = await server.found();
  const say = (method: string, path: string, said: Said = {}): Promise<Heard> =>
    server.say(method, `/api/v1${path}`, { key: founded.userKey, ...said });
  const make = async (path: string, body: unknown): Promise<Body> => {
    const heard = await say('POST', path, { body });
    if (heard.status !== 201) throw new Error(`${path} answered ${heard.status}: ${heard.text}`);
    return heard.body;
  };
  const project = await make('/projects', { name: 'Orbit', slug });
  const epics: Body[] = [];
  const stories: Body[] = [];
  for (const title of ['Launch', 'Land']) {
    const epic = await make(`/projects/${project.id}/epics`, { title });
    epics.push(epic);
    for (const number of [1, 2]) stories.push(await make(`/epics/${epic.id}/stories`, { title: `${title} ${number}` }));
  }
  return { ...founded, project, epics, stories, say };
}

/** The member of each item of a list. */
export function each(heard: Heard, member: string): unknown[] {
  return heard.body.data.map((item) => item[member]);
}
