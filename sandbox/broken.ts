// The result when there was no sandbox to run in: our trouble, not the code's.
import type { KeptStream, SandboxResult, Tier } from './port.ts';

const nothing: KeptStream = { head: '', tail: '', bytes: 0, omittedBytes: 0 };

export function brokenResult(tier: Tier, trouble: string, totalMs: number): SandboxResult {
  return {
    tier,
    image: null,
    verdict: 'sandbox_error',
    exitCode: null,
    stdout: nothing,
    stderr: nothing,
    timings: { readyMs: totalMs, runMs: 0, totalMs },
    artifacts: [],
    artifactsOmitted: false,
    trouble,
  };
}
