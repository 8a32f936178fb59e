// `npm start`: one process of the server, from its settings to its last breath.
import { createLogger } from '../api/log.ts';
import { Refusal } from '../kernel/refusal.ts';
import { banner } from './banner.ts';
import { commandOf, noWords } from './command-line.ts';
import { type Config, readConfig } from './config.ts';
import { type RunningServer, startServer } from './server.ts';

const usage = `npm start
Settings are variables of the environment, as in PORT=4001 npm start; .env.example lists them all.`;

/** npm hands a signal on that the terminal has sent to us as well: only a later one is a second Ctrl-C. */
const echoMs = 800;

async function run(): Promise<void> {
  const config = readConfig(process.env);
  const logger = createLogger({ level: config.logLevel });
  const forHumans = config.database === null || process.stdout.isTTY;
  const say = (line: string): void => (forHumans ? console.log(line) : logger.info({}, line));
  const starting = startServer({ config, logger, say });
  stopOnSignal(starting, say);
  const server = await starting;
  announce(config, server, say, forHumans);
}

function announce(config: Config, server: RunningServer, say: (line: string) => void, forHumans: boolean): void {
  if (forHumans) console.log(banner(config, server));
  else say(`Loopledger answers at ${server.url}.`);
}

/** A signal during the start is kept until there is something to stop. */
function stopOnSignal(starting: Promise<RunningServer>, say: (line: string) => void): void {
  let firstMs = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    const nowMs = performance.now();
    if (firstMs > 0 && nowMs - firstMs < echoMs) return;
    if (firstMs > 0) process.exit(signal === 'SIGINT' ? 130 : 143);
    firstMs = nowMs;
    say('Stopping: requests in hand are finished first. Once more stops at once.');
    void starting
      .then((server) => server.close())
      .then(() => {
        say('Stopped.');
        process.exit(0);
      }, fail);
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
}

function fail(error: unknown): void {
  if (error instanceof Refusal) console.error(error.message);
  else console.error('The server does not start:', error);
  process.exit(1);
}

if (commandOf(process.argv.slice(2), usage, noWords) !== null) await run().catch(fail);
