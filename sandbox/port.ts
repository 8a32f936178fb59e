// What a sandbox is asked and what it answers, whichever tier runs it.

export const tiers = ['docker', 'bubblewrap', 'wasm'] as const;
export type Tier = (typeof tiers)[number];

export const languages = ['python', 'javascript'] as const;
export type Language = (typeof languages)[number];

/** `sandbox_error` is ours: it is tried again and never blamed on the code. */
export const verdicts = [
  'ok',
  'nonzero',
  'timeout_wall',
  'timeout_cpu',
  'oom',
  'output_limit',
  'pids',
  'sandbox_error',
] as const;
export type Verdict = (typeof verdicts)[number];

export interface SandboxFile {
  /** Relative to the working folder, with forward slashes. */
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** Whose code it is: names and labels of what runs it. */
export interface SandboxOwner {
  readonly tenantId: string;
  readonly runId: string;
  readonly attempt: number;
}

/** What a sandbox is made with; the rest of the limits is kept from outside. */
export interface BuiltLimits {
  readonly memoryBytes: number;
  readonly pids: number;
  readonly cpus: number;
  /** Of one process. */
  readonly cpuMs: number;
  /** Of one file, and of all in the working folder. */
  readonly fileBytes: number;
  readonly openFiles: number;
}

export interface Limits extends BuiltLimits {
  readonly wallMs: number;
  /** Both streams together; more ends the run. */
  readonly outputBytes: number;
  readonly artifacts: number;
  /** All artifacts together. */
  readonly artifactBytes: number;
}

export type OutputStream = 'stdout' | 'stderr';

export interface SandboxRequest {
  readonly language: Language;
  readonly files: readonly SandboxFile[];
  /** Which of the files is run. */
  readonly entry: string;
  readonly argv?: readonly string[];
  readonly stdin?: string | Uint8Array;
  readonly limits?: Partial<Limits>;
  readonly signal?: AbortSignal;
  readonly owner?: SandboxOwner;
  /** Hears what the code writes while it runs; the result has it all. */
  readonly onOutput?: (stream: OutputStream, chunk: Buffer) => void;
}

export interface KeptStream {
  readonly head: string;
  /** Empty unless something between was left out. */
  readonly tail: string;
  readonly bytes: number;
  readonly omittedBytes: number;
}

export interface Artifact {
  readonly name: string;
  readonly content: Buffer;
}

export interface SandboxResult {
  readonly tier: Tier;
  /** Hash of the image that it ran in; null where the tier has none, or no sandbox came to be. */
  readonly image: string | null;
  readonly verdict: Verdict;
  /** Null when the code did not end by itself, or nothing can be known of its end. */
  readonly exitCode: number | null;
  readonly stdout: KeptStream;
  readonly stderr: KeptStream;
  readonly timings: { readonly readyMs: number; readonly runMs: number; readonly totalMs: number };
  readonly artifacts: readonly Artifact[];
  /** There were more artifacts, or larger ones, than the limits let out. */
  readonly artifactsOmitted: boolean;
  /** What went wrong on our side. */
  readonly trouble: string | null;
}

export interface SandboxPort {
  readonly tier: Tier;
  /** Null when it can run code of the language here, else the reason why not. */
  findObstacle(language: Language): Promise<string | null>;
  /** Makes what can be made before anybody asks. */
  warm?(): Promise<void>;
  /** Rejects only for a bad request and for an aborted one. */
  run(request: SandboxRequest): Promise<SandboxResult>;
  close(): Promise<void>;
}
