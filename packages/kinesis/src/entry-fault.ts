import { toError } from '@spillway/message'

/** Errors of a whole request that one record may cause: it is too large for the stream, for example. */
const entryFaults = new Set(['InvalidArgumentException', 'ValidationException'])

/** Whether one record may be the reason why a request failed: the others may succeed without it. */
export function isEntryFault(thrown: unknown): boolean {
  return entryFaults.has(toError(thrown).name)
}
