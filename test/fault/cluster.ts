// A PostgreSQL that may be killed: of this process alone, with a database for each test as always.
import { clusterVariable, type RunningCluster, startTestCluster } from '../support/postgres.ts';

/** It ends with this process, and does not keep it alive. */
export async function startMortalCluster(): Promise<RunningCluster> {
  const running = await startTestCluster();
  const { restart } = running;
  running.server.unref();
  running.restart = async () => {
    await restart();
    running.server.unref();
  };
  process.once('exit', running.discard);
  // From now on the databases of this process are made here.
  process.env[clusterVariable] = JSON.stringify(running.cluster);
  return running;
}
