import { GCProfiler } from 'node:v8'
import { median } from './statistics.ts'

/** One of the implementations that a group compares. */
export interface Contestant {
  readonly name: string
  /** Does one operation. Throws on a wrong result, so that it is not measured. */
  run(): Promise<void>
}

/** The contestants of a running group. */
export interface Stage {
  readonly contestants: readonly Contestant[]
  stop?(): Promise<void>
}

/** The most that a contestant should take. */
export interface Goal {
  readonly contestant: string
  /** As a multiple of the time of {@link Goal.against}. */
  readonly ratio: number
  /** Default: the baseline. */
  readonly against?: string
}

/** Contestants that do the same thing, measured against one of them. */
export interface BenchGroup {
  /** Short and unique: `npm run bench -- NAME` selects it. */
  readonly name: string
  /** What is measured and under what conditions, for the reader of the page. */
  readonly about: string
  /** The name of one operation, for example `request`. */
  readonly operation: string
  /** The contestant that the others are measured against. */
  readonly baseline: string
  /** The most that a contestant should take. */
  readonly goal?: Goal | readonly Goal[]
  /** The number of rounds. Use many short rounds if the machine is busy with other work. Default 21. */
  readonly rounds?: number
  /**
   * The number of unmeasured rounds before the others, in which code is compiled and connections are opened. Default 5.
   */
  readonly warmUpRounds?: number
  /**
   * The garbage that is collected before each contestant: all, or only the young generation, which keeps compiled code.
   * Use `'young'` for operations whose code a round does not compile again. Default `'all'`.
   */
  readonly collect?: 'all' | 'young'
  /** Operations of each contestant in a round, one after the other. */
  readonly operations: number
  /**
   * The units of an operation, for example the rows of a batch: the table then shows units per second and the cost of
   * one unit.
   */
  readonly units?: { readonly name: string; readonly count: number }
  /** The packages whose installed versions the page shows. */
  readonly packages: readonly string[]
  start(): Promise<Stage>
}

/** A table of cases that are each measured differently, for example throughput under load. */
export interface BenchTable {
  /** Short and unique: `npm run bench -- NAME` selects it. */
  readonly name: string
  /** What is measured and under what conditions, for the reader of the page. */
  readonly about: string
  /** The packages whose installed versions the page shows. */
  readonly packages: readonly string[]
  /** The names of the columns. */
  readonly head: readonly string[]
  /** Measures all cases; `progress` takes a line for each. */
  measure(progress: (line: string) => void): Promise<MeasuredTable>
}

/** The result of a {@link BenchTable}. */
export interface MeasuredTable {
  readonly rows: readonly (readonly string[])[]
  /** Sentences that say whether goals were met. */
  readonly verdicts: readonly string[]
}

/** The measurements of a contestant. */
export interface Measured {
  readonly name: string
  /** Microseconds that an operation takes: the median of the rounds. */
  readonly micros: number
  /** The quartiles of the rounds. */
  readonly quartiles: readonly [lower: number, upper: number]
  /** Microseconds of processor time of this process that an operation takes: the median of the rounds. */
  readonly cpu: number
  /** Bytes of heap that an operation takes: the median of the rounds. */
  readonly heap: number
  /** The time of an operation as a multiple of the baseline's: the median of the ratios of the rounds. */
  readonly ratio: number
  /** The same in comparison with each contestant that a goal names. */
  readonly ratios: Readonly<Record<string, number>>
}

/** How many operations of a round run before the clock starts, as a share of the measured ones. */
const untimedShare = 0.25

/** Lists the groups of a benchmark file. */
export function defineBench<Group extends BenchGroup | BenchTable>(
  ...groups: readonly Group[]
): readonly Group[] {
  return groups
}

/**
 * Runs a group. Each round runs all contestants, starting with a different one. A slow phase of the machine therefore
 * affects all of them, and a ratio compares contestants of the same round.
 */
export async function measure(group: BenchGroup): Promise<readonly Measured[]> {
  const { rounds = 21, warmUpRounds = 5, collect = 'all', operations, baseline } = group
  const { contestants, stop } = await group.start()
  const times = new Map(contestants.map(({ name }) => [name, [] as Cost[]]))
  try {
    for (let round = -warmUpRounds; round < rounds; round++) {
      for (const position of contestants.keys()) {
        const contestant = contestants[(position + round + warmUpRounds) % contestants.length] as Contestant
        const cost = await costOf(contestant, operations, collect)
        if (round >= 0) times.get(contestant.name)?.push(cost)
      }
    }
  } finally {
    await stop?.()
  }
  const base = times.get(baseline)
  if (base === undefined) throw new Error(`${group.name} has no contestant '${baseline}'.`)
  const others = goalsOf(group).flatMap(({ against }) => against ?? [])
  return contestants.map(({ name }) => {
    const own = times.get(name) as Cost[]
    const micros = own.map((cost) => cost.micros)
    return {
      name,
      micros: median(micros),
      quartiles: [median(micros, 0.25), median(micros, 0.75)],
      cpu: median(own.map(({ cpu }) => cpu)),
      heap: median(own.map(({ heap }) => heap)),
      ratio: ratioOf(own, base),
      ratios: Object.fromEntries(others.map((other) => [other, ratioOf(own, times.get(other) ?? [])])),
    }
  })
}

/** The goals of a group. */
export function goalsOf({ goal = [] }: BenchGroup): readonly Goal[] {
  return 'contestant' in goal ? [goal] : goal
}

function ratioOf(own: readonly Cost[], base: readonly Cost[]): number {
  return median(own.map((cost, round) => cost.micros / (base[round]?.micros ?? Number.NaN)))
}

/** The cost of an operation in a round. */
interface Cost {
  readonly micros: number
  readonly cpu: number
  readonly heap: number
}

/** Runs some operations and returns the mean cost of one. */
async function costOf({ run }: Contestant, operations: number, collect: 'all' | 'young'): Promise<Cost> {
  // The garbage of the previous contestant must not be collected at the cost of this one. A full collection also
  // discards compiled code, which must then be compiled again.
  globalThis.gc?.({ type: collect === 'all' ? 'major' : 'minor' })
  for (let operation = 1; operation < operations * untimedShare; operation++) await run()
  const heap = await allocatedBy(run)
  const cpuBefore = process.cpuUsage()
  const startedAt = process.hrtime.bigint()
  for (let operation = 0; operation < operations; operation++) await run()
  const micros = Number(process.hrtime.bigint() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  return { micros: micros / operations, cpu: (user + system) / operations, heap }
}

/** The bytes of heap that a run allocates, including those that are collected during it. */
async function allocatedBy(run: () => Promise<void>): Promise<number> {
  const collections = new GCProfiler()
  collections.start()
  const before = process.memoryUsage().heapUsed
  await run()
  const after = process.memoryUsage().heapUsed
  const collected = collections
    .stop()
    .statistics.map(
      ({ beforeGC, afterGC }) => beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize,
    )
  return collected.reduce((sum, bytes) => sum + bytes, after - before)
}
