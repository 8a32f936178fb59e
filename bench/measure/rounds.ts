// Interleaved rounds: every contender runs once in each round, in another order each time, and the medians are kept.
// On a machine whose speed drifts only such ratios mean anything.

export interface Measure {
  /** Null where a latency is measured and not a rate. */
  readonly perSecond: number | null;
  /** Null where work is measured and not answers. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Processor seconds per 1,000 requests; null where they cannot be told. */
  readonly serverCpu: number | null;
  readonly postgresCpu: number | null;
}

export interface Contender {
  readonly name: string;
  /** What it is compared with: names of other contenders of the same rounds. */
  readonly against: readonly string[];
  measure(round: number): Promise<Measure>;
}

/** Medians over the rounds of this contender's figure by the other's; null where either is not known. */
export interface Ratio {
  readonly perSecond: number | null;
  readonly p99: number | null;
  /** Of server and PostgreSQL together. */
  readonly cpu: number | null;
}

export interface Row extends Measure {
  readonly name: string;
  readonly ratios: Readonly<Record<string, Ratio>>;
  readonly rounds: readonly Measure[];
}

export async function runRounds(
  contenders: readonly Contender[],
  rounds: number,
  tell: (line: string) => void,
): Promise<Row[]> {
  const measures = new Map<string, Measure[]>(contenders.map(({ name }) => [name, []]));
  // Nobody is judged by code that the engine has not compiled yet.
  if (rounds > 1) for (const contender of contenders) await contender.measure(0);
  for (let round = 0; round < rounds; round += 1) {
    for (let step = 0; step < contenders.length; step += 1) {
      const contender = contenders[(step + round) % contenders.length] as Contender;
      const measure = await contender.measure(round);
      measures.get(contender.name)?.push(measure);
      tell(`round ${round + 1}/${rounds}  ${contender.name}: ${describe(measure)}`);
    }
  }
  return contenders.map((contender) => rowOf(contender, measures));
}

function describe({ perSecond, p50Ms }: Measure): string {
  return perSecond === null ? `${p50Ms?.toFixed(2)} ms` : `${Math.round(perSecond)}/s`;
}

function rowOf({ name, against }: Contender, measures: ReadonlyMap<string, readonly Measure[]>): Row {
  const own = measures.get(name) ?? [];
  const ratios = against
    .filter((other) => other !== name)
    .map((other) => [other, compare(own, measures.get(other) ?? [])]);
  return {
    name,
    perSecond: medianOrNull(own.map((measure) => measure.perSecond)),
    p50Ms: medianOrNull(own.map((measure) => measure.p50Ms)),
    p99Ms: medianOrNull(own.map((measure) => measure.p99Ms)),
    serverCpu: medianOrNull(own.map((measure) => measure.serverCpu)),
    postgresCpu: medianOrNull(own.map((measure) => measure.postgresCpu)),
    ratios: Object.fromEntries(ratios) as Record<string, Ratio>,
    rounds: own,
  };
}

function compare(own: readonly Measure[], theirs: readonly Measure[]): Ratio {
  const ratioOf = (figure: (measure: Measure) => number | null): number | null =>
    medianOrNull(
      own.map((measure, round) => {
        const other = theirs[round];
        const [above, below] = [figure(measure), other === undefined ? null : figure(other)];
        return above === null || below === null || below === 0 ? null : above / below;
      }),
    );
  return {
    perSecond: ratioOf((measure) => measure.perSecond),
    p99: ratioOf((measure) => measure.p99Ms),
    cpu: ratioOf(({ serverCpu, postgresCpu }) =>
      serverCpu === null || postgresCpu === null ? null : serverCpu + postgresCpu,
    ),
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

function medianOrNull(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : median(known);
}
