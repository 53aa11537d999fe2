import { toError } from '@spillway/message'

/** Errors of a whole request that one entry may cause ("Errors" of SendMessageBatch). */
const entryFaults = new Set([
  'BatchRequestTooLong',
  'InvalidAttributeValue',
  'InvalidMessageContents',
  'InvalidParameterValue',
  'MissingParameter',
  'MissingRequiredParameter',
  'UnsupportedOperation',
])

/**
 * Whether one entry may be the reason why a request failed: the others may succeed without it. Some names of the service
 * end in `Exception` if the answer lacks the header for clients of the query protocol.
 */
export function isEntryFault(thrown: unknown): boolean {
  return entryFaults.has(toError(thrown).name.replace(/Exception$/, ''))
}
