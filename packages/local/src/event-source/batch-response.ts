/** What a response with `ReportBatchItemFailures` says about the records of a batch. */
export interface BatchResponse {
  /** The ids of the records that stay in the queue. */
  readonly failed: ReadonlySet<string>
  /** Why the response makes the whole batch fail; `undefined` for a response as Lambda expects it. */
  readonly problem: string | undefined
}

/**
 * Reads what a function returned, as Lambda does when the mapping has `ReportBatchItemFailures` (Lambda developer
 * guide, "Handling errors for an SQS event source in Lambda"): nothing, or no list of failures, is a complete
 * success; whatever cannot be read is a complete failure.
 *
 * @param ids the message ids of the batch
 * @param payload what the handler returned, through JSON
 */
export function readBatchResponse(ids: readonly string[], payload: unknown): BatchResponse {
  if (payload === undefined || payload === null || payload === '') return success
  if (typeof payload !== 'object' || Array.isArray(payload)) {
    return allFailed(ids, `the response is ${describe(payload)}, not an object with batchItemFailures`)
  }
  const failures = 'batchItemFailures' in payload ? payload.batchItemFailures : undefined
  if (failures === undefined || failures === null) return success
  if (!Array.isArray(failures)) {
    return allFailed(ids, `batchItemFailures is ${describe(failures)}, not an array`)
  }
  const known = new Set(ids)
  const failed = new Set<string>()
  for (const failure of failures as readonly unknown[]) {
    const id = readIdentifier(failure)
    if (id === undefined) return allFailed(ids, 'an entry of batchItemFailures has no itemIdentifier')
    if (!known.has(id)) return allFailed(ids, `itemIdentifier '${id}' is not the messageId of a record`)
    failed.add(id)
  }
  return { failed, problem: undefined }
}

const success: BatchResponse = Object.freeze({ failed: new Set<string>(), problem: undefined })

function allFailed(ids: readonly string[], problem: string): BatchResponse {
  return { failed: new Set(ids), problem }
}

function readIdentifier(failure: unknown): string | undefined {
  if (typeof failure !== 'object' || failure === null || !('itemIdentifier' in failure)) return undefined
  const { itemIdentifier } = failure
  return typeof itemIdentifier === 'string' && itemIdentifier !== '' ? itemIdentifier : undefined
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
