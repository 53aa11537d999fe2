import { readItemFailures } from '../event-source/item-failures.ts'

/** What a response says about the records of a batch. */
export interface StreamResponse {
  /** How many records from the first on are done. */
  readonly done: number
  /** What is wrong with the response; `undefined` for one as Lambda expects it. */
  readonly problem: string | undefined
}

/**
 * Reads what a function returned, as Lambda does when the mapping of a stream has `ReportBatchItemFailures` (Lambda
 * developer guide, "Configuring partial batch response with Kinesis Data Streams and Lambda"): the lowest sequence
 * number is the checkpoint, and everything from it on comes again, whatever became of it. Nothing, or no list of
 * failures, is a complete success; whatever cannot be read is a complete failure.
 *
 * Lambda does not say what it does with a number that is not of the batch. Here it stands for the first record that
 * comes after it, or for the whole batch when none does: nothing counts as done that was not said to be.
 *
 * @param numbers the sequence numbers of the batch, in order
 * @param payload what the handler returned, through JSON
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
