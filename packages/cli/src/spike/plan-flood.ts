/** Chooses the numbers of a flood from measurements. These functions are pure. */

/** The longest `commit_delay` of Postgres. Milliseconds. */
export const mostCommitMs = 100

/** The `commit_delay` of a flood that is fast enough. Milliseconds. */
const defaultCommitMs = 40

/** The connections that a synchronous design must need at once, so that half of them are not too few. */
const leastNeeded = 12

/** The rate of the flood as a share of the capacity of the buffered design. */
const sharedCapacity = 0.5

/** The highest rate in requests per second. A faster flood shows nothing more, but makes a longer report. */
const mostRate = 2000

/** The memory that an environment needs, in bytes. */
const environmentMemory = 100 * 1024 * 1024

/** The least and the most environments of a design. Each is a process, which takes time to start. */
const environmentLimits = { least: 8, most: 40 }

/** The most environments of a design for which this machine has the memory. */
export function mostEnvironments(availableMemory: number): number {
  const { least, most } = environmentLimits
  return Math.max(least, Math.min(most, Math.floor(availableMemory / 2 / environmentMemory)))
}

/**
 * How many environments each design has: twice as many as a synchronous design uses while each waits for its commit.
 */
export function chooseEnvironments(rate: number, commitMs: number, most: number): number {
  return Math.min(most, Math.max(environmentLimits.least, Math.ceil(2 * held(rate, commitMs))))
}

/**
 * The mean number of requests in progress. A commit waits for the previous one and then for its own, on average 1.5
 * times the `commit_delay`.
 */
function held(rate: number, commitMs: number): number {
  return (rate * 1.5 * commitMs) / 1000
}

/**
 * The rate of the flood: half of the capacity of the buffered design on this machine, but no more than the environments
 * of a synchronous design can handle while each of them waits for its commit.
 *
 * @param capacity requests per second that the buffered design accepted
 * @param environments the most environments of a design
 */
export function chooseRate(capacity: number, environments: number): number {
  const rate = Math.min(capacity * sharedCapacity, environments / held(1, defaultCommitMs), mostRate)
  return Math.max(10, rate >= 100 ? Math.floor(rate / 10) * 10 : Math.floor(rate))
}

/** The `commit_delay` of the database. It is longer for a slow flood, which would otherwise need few connections. */
export function chooseCommitMs(rate: number): number {
  return Math.min(mostCommitMs, Math.max(defaultCommitMs, Math.round((leastNeeded * 1000) / rate)))
}

/**
 * How many connections the functions get: half of those that the synchronous design needs at this rate, but at least
 * those that the buffered one needs.
 *
 * @param samples samples of the number of connections that the synchronous design held
 */
export function chooseBudget(samples: readonly number[], least: number): number {
  return Math.max(least, Math.floor(median(samples) / 2))
}

/**
 * The length of the intervals of the series. There are fifty, or fewer if an interval would have less than twenty
 * requests, but at least twenty.
 */
export function chooseIntervalMs(rate: number, seconds: number): number {
  const wanted = Math.max((seconds * 1000) / 50, Math.min(20_000 / rate, (seconds * 1000) / 20))
  return Math.max(100, Math.round(wanted / 50) * 50)
}

/** The median. It ignores the peaks of a machine that stalls for a moment. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
