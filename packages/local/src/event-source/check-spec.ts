import { SpillwayError } from '@spillway/message'
import type { EventSourceSpec } from './types.ts'

/**
 * Rejects the settings that Lambda rejects when a mapping is created ("CreateEventSourceMapping" of the Lambda API
 * reference).
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID`
 */
export function checkSpec({
  queueArn,
  batchSize,
  batchingWindow,
  maximumConcurrency,
}: EventSourceSpec): void {
  const fifo = queueArn.endsWith('.fifo')
  if (!isInteger(batchSize, 1, 10_000)) throw invalid('batchSize must be an integer from 1 to 10000')
  if (!isInteger(batchingWindow, 0, 300)) throw invalid('batchingWindow must be 0 to 300 whole seconds')
  if (fifo && (batchSize > 10 || batchingWindow > 0)) {
    throw invalid('a FIFO queue allows a batchSize of at most 10 and no batchingWindow')
  }
  if (batchSize > 10 && batchingWindow === 0) {
    throw invalid('a batchSize of more than 10 needs a batchingWindow of at least 1 s')
  }
  if (maximumConcurrency !== undefined && !isInteger(maximumConcurrency, 2, 1000)) {
    throw invalid('maximumConcurrency must be an integer from 2 to 1000')
  }
}

function isInteger(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max
}

function invalid(what: string): SpillwayError {
  return new SpillwayError('SPILLWAY_OPTION_INVALID', `The event source cannot start: ${what}.`)
}
