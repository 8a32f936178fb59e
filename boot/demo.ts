// `npm run demo`: a whole loop on the server that runs on this machine, told in plain words; at the end keys and lines to paste.
import { Refusal } from '../kernel/refusal.ts';
import { commandOf, noWords } from './command-line.ts';
import { readConfig } from './config.ts';
import { Cheats, type Tell } from './demo-cheat.ts';
import { DemoPerson, done, type Say, sayerTo, type SignedUp } from './demo-client.ts';
import { type Crew, DemoLoop, type DemoStory, type Hand } from './demo-loop.ts';
import { demoAgents, demoEpics, demoProject, type PlannedEpic } from './demo-plan.ts';
import { keepCheckpoint, verifyLog } from './demo-proof.ts';
import { relyingPartyOf } from './relying-party.ts';
import { readRuntimeInfo } from './runtime-info.ts';

const usage = `npm run demo
Fills a tenant of its own on the server that npm start runs here, on the folder LOOPLEDGER_DATA (.data).`;

interface Made {
  readonly id: string;
}

/** Makes something with one key. */
type Make = <Body extends Made>(path: string, body: object) => Promise<Body>;

interface Plan {
  readonly epicId: string;
  readonly story: DemoStory;
  readonly stories: number;
  readonly dependencies: number;
}

const dispatches = '/api/v1/dispatches';
const expires_in = 14_400;

function makerWith(say: Say, key: string): Make {
  return (path, body) => done(say('POST', `/api/v1${path}`, { key, body }));
}

async function sendCrew(say: Say, person: DemoPerson, userKey: string, cheats: Cheats): Promise<Crew> {
  const make = makerWith(say, userKey);
  const hire = async (name: keyof typeof demoAgents) => make('/agents', { name, description: demoAgents[name] });
  const rootFor = async (name: keyof typeof demoAgents, role: string) => {
    const { id: agent_id } = await hire(name);
    return person.confirm<Hand>(userKey, dispatches, { parent: null, role, agent_id, expires_in });
  };
  const childFor = async (name: keyof typeof demoAgents, parent: Hand) => {
    const { id: agent_id } = await hire(name);
    const body = { parent: parent.id, role: 'agent', agent_id, expires_in };
    return makerWith(say, parent.secret)<Hand>('/dispatches', body);
  };
  const planner = await rootFor('planner', 'orchestrator');
  const builder = await childFor('builder', planner);
  const helper = await childFor('helper', builder);
  const body = { parent: null, role: 'orchestrator', agent_id: (await hire('impostor')).id, expires_in };
  const attempt = say('POST', dispatches, { key: userKey, body });
  await cheats.attempt(
    "With a stolen copy of Ada's key, an agent mints a root for itself.",
    'step_up_required',
    attempt,
  );
  return {
    planner,
    builder,
    helper,
    reviewer: await rootFor('reviewer', 'agent'),
    auditor: await rootFor('auditor', 'orchestrator'),
  };
}

async function planWork(make: Make): Promise<Plan> {
  const project = await make('/projects', demoProject);
  const epicIds: string[] = [];
  const stories: DemoStory[] = [];
  let dependencies = 0;
  for (const epic of demoEpics) {
    const { title, description, needs = [] } = epic;
    const { id } = await make(`/projects/${project.id}/epics`, { title, description });
    for (const at of needs) await make(`/epics/${id}/dependencies`, { needs: epicIds[at] });
    const planned = await planStories(make, id, epic);
    dependencies += needs.length + planned.dependencies;
    epicIds.push(id);
    stories.push(...planned.made);
  }
  const [epicId = '', story] = [epicIds[0], stories[0] as DemoStory];
  return { epicId, story, stories: stories.length, dependencies };
}

async function planStories(make: Make, epicId: string, { stories }: PlannedEpic) {
  const made: DemoStory[] = [];
  let dependencies = 0;
  for (const { needs = [], ...story } of stories) {
    const one = await make<DemoStory>(`/epics/${epicId}/stories`, story);
    for (const at of needs) await make(`/stories/${one.id}/dependencies`, { needs: made[at]?.id });
    dependencies += needs.length;
    made.push(one);
  }
  return { made, dependencies };
}

function linesToPaste(apiUrl: string, userKey: string, { planner, builder }: Crew, { epicId, story }: Plan): string {
  return `
These keys are shown once; those of the agents end in four hours. Paste them into your shell:

  export LOOPLEDGER=${apiUrl}/api/v1
  export USER_KEY=${userKey}
  export ORCHESTRATOR_KEY=${planner.secret}
  export AGENT_KEY=${builder.secret}

Who a key speaks for, and on which errand:

  curl -s $LOOPLEDGER/whoami -H "Authorization: Bearer $AGENT_KEY"

What an agent could take up now, and what waits for what:

  curl -s $LOOPLEDGER/stories/ready -H "Authorization: Bearer $AGENT_KEY"
  curl -s $LOOPLEDGER/stories/blocked -H "Authorization: Bearer $AGENT_KEY"

A new story. Paste it twice: the second time nothing is written, and the answer is the same.

  curl -si $LOOPLEDGER/epics/${epicId}/stories -H "Authorization: Bearer $ORCHESTRATOR_KEY" \\
    -H 'Content-Type: application/json' -H 'Idempotency-Key: first-try' -d '{"title": "Refuse links to ourselves"}'

An agent may not plan, and the refusal says what would be needed:

  curl -si $LOOPLEDGER/epics/${epicId}/stories -H "Authorization: Bearer $AGENT_KEY" \\
    -H 'Content-Type: application/json' -d '{"title": "Less work for me"}'

The history of the story, and everything that happened in the tenant, hashes included:

  curl -s $LOOPLEDGER/stories/${story.id}/history -H "Authorization: Bearer $AGENT_KEY"
  curl -s "$LOOPLEDGER/changes?since=0&limit=3" -H "Authorization: Bearer $AGENT_KEY"
`;
}

function introduce(tell: Tell, { tenant }: SignedUp): void {
  tell(`Ada signs up with a passkey and founds the tenant ${tenant.slug}.
  The software authenticator of the demo answers in her place. It is not a real key: who has this terminal, has it.

With it she mints three roots: for a planner, a reviewer and an auditor. The planner sends a builder, and the builder a helper;
these three are one actor, however many keys they have.`);
}

async function run(tell: Tell): Promise<void> {
  const config = readConfig(process.env);
  const { api_url: apiUrl } = await readRuntimeInfo(config.dataFolder);
  const { rpId, origins } = relyingPartyOf(config, Number(new URL(apiUrl).port));
  const say = sayerTo(apiUrl);
  const cheats = new Cheats(say, tell);
  const person = new DemoPerson(say, { rpId, origin: origins[0] as string });
  const signedUp = await person.signUp();
  const userKey = signedUp.key.secret;
  introduce(tell, signedUp);
  const crew = await sendCrew(say, person, userKey, cheats);
  const plan = await planWork(makerWith(say, crew.planner.secret));
  const counted = `${demoEpics.length} epics, ${plan.stories} stories and ${plan.dependencies} dependencies`;
  tell(
    `\nThe planner plans the project ${demoProject.name}: ${counted}. The auditor writes down a checkpoint of the log.`,
  );
  const kept = await keepCheckpoint(say, crew.auditor.secret);
  await new DemoLoop({ say, tell, cheats }, crew, plan.story).run();
  tell(`\nThe auditor exports the log and has it checked without the server:\n`);
  tell((await verifyLog(say, crew.auditor.secret, kept)).replaceAll(/^/gm, '  '));
  tell(`\n${cheats.count} attempts to cheat, ${cheats.count} refused. One story verified, by nobody who worked on it.`);
  tell(linesToPaste(apiUrl, userKey, crew, plan));
}

if (commandOf(process.argv.slice(2), usage, noWords) !== null) {
  try {
    await run((line) => console.log(line));
  } catch (error) {
    if (error instanceof Refusal) console.error(error.message);
    else console.error('The demo was not finished:', error);
    process.exitCode = 1;
  }
}
