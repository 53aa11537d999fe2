/** Decides the numbers of a flood from what was measured. Pure: no clock, no machine. */

/** The longest `commit_delay` of Postgres. Milliseconds. */
export const mostCommitMs = 100

/** The `commit_delay` of a flood that is fast enough. Milliseconds. */
const defaultCommitMs = 40

/** So many connections a synchronous design has to want at once, so that half of them are still a few. */
const wantedAtLeast = 12

/** The share of what the buffered design can take that the flood sends. */
const sharedCapacity = 0.5

/** A faster flood shows nothing more, and makes a longer report. Requests a second. */
const mostRate = 2000

/** The memory that an environment takes, with room for what it does. Bytes. */
const environmentMemory = 100 * 1024 * 1024

/** The least and the most environments that a design is given. Each is a process, which takes a while to start. */
const environmentLimits = { least: 8, most: 40 }

/** The most environments of a design for which this machine has the memory. */
export function mostEnvironments(availableMemory: number): number {
  const { least, most } = environmentLimits
  return Math.max(least, Math.min(most, Math.floor(availableMemory / 2 / environmentMemory)))
}

/** How many environments each design is given: twice as many as a synchronous design uses while each waits for its commit. */
export function chooseEnvironments(rate: number, commitMs: number, most: number): number {
  return Math.min(most, Math.max(environmentLimits.least, Math.ceil(2 * held(rate, commitMs))))
}

/** A commit waits for the one before it and then for its own: half as long again as `commit_delay`, at the mean. */
function held(rate: number, commitMs: number): number {
  return (rate * 1.5 * commitMs) / 1000
}

/**
 * The rate of the flood: half of what this machine passes through the buffered design, and no more than the environments
 * of a synchronous design hold while each of them waits for its commit.
 *
 * @param capacity requests a second that the buffered design accepted
 * @param environments the most that a design can have
 */
export function chooseRate(capacity: number, environments: number): number {
  const rate = Math.min(capacity * sharedCapacity, environments / held(1, defaultCommitMs), mostRate)
  return Math.max(10, rate >= 100 ? Math.floor(rate / 10) * 10 : Math.floor(rate))
}

/** How long the database gathers commits: longer for a slow flood, which would otherwise want few connections. */
export function chooseCommitMs(rate: number): number {
  return Math.min(mostCommitMs, Math.max(defaultCommitMs, Math.round((wantedAtLeast * 1000) / rate)))
}

/**
 * How many connections the functions get: half of what the synchronous design wants at this rate, and no fewer than the
 * buffered one needs.
 *
 * @param samples how many connections the synchronous design held, as it was looked at again and again
 */
export function chooseBudget(samples: readonly number[], least: number): number {
  return Math.max(least, Math.floor(median(samples) / 2))
}

/**
 * The length of the intervals of the series: fifty of them, but fewer when there would be less than twenty requests in
 * each, and twenty at least.
 */
export function chooseIntervalMs(rate: number, seconds: number): number {
  const wanted = Math.max((seconds * 1000) / 50, Math.min(20_000 / rate, (seconds * 1000) / 20))
  return Math.max(100, Math.round(wanted / 50) * 50)
}

/** The median: a machine that stands still for a moment has a high peak and nothing else. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
