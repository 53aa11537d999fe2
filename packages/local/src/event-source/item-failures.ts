/** The identifiers of `batchItemFailures`, or the reason why they cannot be read. */
export interface ItemFailures {
  readonly ids: readonly string[]
  readonly problem: string | undefined
}

/**
 * Reads the list of failures that a function returned for a mapping with `ReportBatchItemFailures`. No response, or one
 * without a list, means no failures. Each entry needs an identifier that is a non-empty string.
 */
export function readItemFailures(payload: unknown): ItemFailures {
  if (payload === undefined || payload === null || payload === '') return none
  if (typeof payload !== 'object' || Array.isArray(payload)) {
    return problem(`the response is ${describe(payload)}, not an object with batchItemFailures`)
  }
  const failures = 'batchItemFailures' in payload ? payload.batchItemFailures : undefined
  if (failures === undefined || failures === null) return none
  if (!Array.isArray(failures)) return problem(`batchItemFailures is ${describe(failures)}, not an array`)
  const ids: string[] = []
  for (const failure of failures as readonly unknown[]) {
    const id = readIdentifier(failure)
    if (id === undefined) return problem('an entry of batchItemFailures has no itemIdentifier')
    ids.push(id)
  }
  return { ids, problem: undefined }
}

const none: ItemFailures = Object.freeze({ ids: Object.freeze([]), problem: undefined })

function problem(text: string): ItemFailures {
  return { ids: [], problem: text }
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
