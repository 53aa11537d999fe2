import { readItemFailures } from './item-failures.ts'

/** The result of a batch, read from a response with `ReportBatchItemFailures`. */
export interface BatchResponse {
  /** The ids of the records that stay in the queue. */
  readonly failed: ReadonlySet<string>
  /** Why the response makes the whole batch fail; `undefined` for a valid response. */
  readonly problem: string | undefined
}

/**
 * Reads the response of a function as Lambda does when the mapping has `ReportBatchItemFailures` (Lambda developer
 * guide, "Handling errors for an SQS event source in Lambda"): no response, or one without a list of failures, is a
 * complete success; an invalid response is a complete failure.
 *
 * @param ids the message ids of the batch
 * @param payload the return value of the handler, parsed from JSON
 */
export function readBatchResponse(ids: readonly string[], payload: unknown): BatchResponse {
  const failures = readItemFailures(payload)
  if (failures.problem !== undefined) return allFailed(ids, failures.problem)
  const known = new Set(ids)
  const unknown = failures.ids.find((id) => !known.has(id))
  if (unknown !== undefined) {
    return allFailed(ids, `itemIdentifier '${unknown}' is not the messageId of a record`)
  }
  return { failed: new Set(failures.ids), problem: undefined }
}

function allFailed(ids: readonly string[], problem: string): BatchResponse {
  return { failed: new Set(ids), problem }
}
