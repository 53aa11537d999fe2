import { toError } from '@spillway/message'

/** Faults of one entry that SQS answers for the whole request ("Errors" of SendMessageBatch). */
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
 * Whether a request failed for one of its entries, so that the others may go through without it. Without the header for
 * clients of the query protocol the names are those of the service, some of which end in `Exception`.
 */
export function isEntryFault(thrown: unknown): boolean {
  return entryFaults.has(toError(thrown).name.replace(/Exception$/, ''))
}
