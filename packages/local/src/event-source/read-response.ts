/** What a function's response says of its batch. */
export type BatchVerdict =
  | { readonly kind: 'settled'; readonly failed: ReadonlySet<string> }
  /** The whole batch counts as failed. */
  | { readonly kind: 'failed'; readonly problem: string }

/**
 * Reads a response under `ReportBatchItemFailures`.
 *
 * Source: Lambda Developer Guide, "Handling errors for an SQS event source in Lambda", success and failure conditions.
 */
export function readBatchResponse(ids: readonly string[], payload: unknown): BatchVerdict {
  if (payload === null || payload === undefined || payload === '') return success()
  if (typeof payload !== 'object' || Array.isArray(payload)) return failure('the response is not an object')
  if (!('batchItemFailures' in payload) || payload.batchItemFailures === null) return success()
  const { batchItemFailures } = payload
  if (!Array.isArray(batchItemFailures)) return failure('batchItemFailures is not a list')
  const known = new Set(ids)
  const failed = new Set<string>()
  for (const item of batchItemFailures as unknown[]) {
    const id = typeof item === 'object' && item !== null && 'itemIdentifier' in item ? item.itemIdentifier : undefined
    if (typeof id !== 'string' || id === '') return failure('an entry of batchItemFailures has no itemIdentifier')
    if (!known.has(id)) return failure(`the itemIdentifier ${JSON.stringify(id)} is not in the batch`)
    failed.add(id)
  }
  return { kind: 'settled', failed }
}

function success(): BatchVerdict {
  return { kind: 'settled', failed: new Set() }
}

function failure(problem: string): BatchVerdict {
  return { kind: 'failed', problem }
}
