// The behaviour checks of a database: attacks that must come to nothing.
import { probeCommit } from './commit-probes.ts';
import { probeDefiners } from './definer-probes.ts';
import type { Finding } from './finding.ts';
import { probeRows } from './row-probes.ts';
import { probeSessions } from './session-probes.ts';
import type { Site } from './site.ts';

export async function checkBehaviour(site: Site): Promise<Finding[]> {
  return [
    ...(await probeRows(site)),
    ...(await probeSessions(site)),
    ...(await probeDefiners(site)),
    ...(await probeCommit(site)),
  ];
}
