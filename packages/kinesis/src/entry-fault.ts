import { toError } from '@spillway/message'

/** Faults of one record that Kinesis answers for the whole request: it is larger than the stream takes, for one. */
const entryFaults = new Set(['InvalidArgumentException', 'ValidationException'])

/** Whether a request failed for what may be one of its records, so that the others may go through without it. */
export function isEntryFault(thrown: unknown): boolean {
  return entryFaults.has(toError(thrown).name)
}
