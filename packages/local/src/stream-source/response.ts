import { readItemFailures } from '../event-source/item-failures.ts'

/** The result of a batch, read from a response. */
export interface StreamResponse {
  /** How many records are done, counted from the first. */
  readonly done: number
  /** What is wrong with the response; `undefined` for a valid response. */
  readonly problem: string | undefined
}

/**
 * Reads the response of a function as Lambda does when the mapping of a stream has `ReportBatchItemFailures` (Lambda
 * developer guide, "Configuring partial batch response with Kinesis Data Streams and Lambda"): the lowest sequence
 * number is the checkpoint, and every record from it on is delivered again, done or not. No response, or one without a
 * list of failures, is a complete success; an invalid response is a complete failure.
 *
 * Lambda does not document the effect of a number outside the batch. Here it means the first record after it, or the
 * whole batch when there is none, so that no record counts as done by mistake.
 *
 * @param numbers the sequence numbers of the batch, in order
 * @param payload the return value of the handler, parsed from JSON
 */
export function readStreamResponse(numbers: readonly string[], payload: unknown): StreamResponse {
  const { ids, problem } = readItemFailures(payload)
  if (problem !== undefined) return { done: 0, problem }
  if (ids.length === 0) return { done: numbers.length, problem: undefined }
  const unreadable = ids.find((id) => !/^\d{1,128}$/.test(id))
  if (unreadable !== undefined) {
    return { done: 0, problem: `itemIdentifier '${unreadable}' is not a sequence number` }
  }
  const [lowest = 0n] = ids.map(BigInt).sort((a, b) => (a < b ? -1 : 1))
  const known = new Set(numbers)
  const unknown = ids.find((id) => !known.has(id))
  return {
    done: Math.max(
      0,
      numbers.findIndex((number) => BigInt(number) >= lowest),
    ),
    problem: unknown && `itemIdentifier '${unknown}' is not the sequence number of a record`,
  }
}
