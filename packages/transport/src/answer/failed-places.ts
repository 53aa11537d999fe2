import { SpillwayError } from '@spillway/message'

/** A failed record. */
export interface Failure {
  /** Its position in the batch. */
  readonly place: number
  readonly reason: unknown
}

/**
 * The failed records, by the settled results of a handler. Fails closed: only a fulfilled result is success.
 *
 * @param owner the name of the middleware, for its errors
 * @throws SpillwayError `SPILLWAY_CHAIN_INVALID` for anything but a list with one result for each record
 */
export function failedPlaces(owner: string, results: unknown, count: number): readonly Failure[] {
  if (!Array.isArray(results)) throw unsettled(owner, `no list of results for ${count} records`)
  if (results.length !== count) throw unsettled(owner, `${results.length} results for ${count} records`)
  const failures: Failure[] = []
  // Not `forEach`, which skips the holes of a list.
  for (let place = 0; place < count; place++) {
    const { status, reason } = Object(results[place]) as Partial<PromiseRejectedResult>
    if ((status as string) === 'fulfilled') continue
    failures.push({ place, reason: status === 'rejected' ? reason : noResult() })
  }
  return failures
}

function unsettled(owner: string, what: string): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_CHAIN_INVALID',
    `${owner} got ${what} from the handler: let it return one settled result for each record, in order, as batch() and Promise.allSettled() do. A handler that makes its own \`batchItemFailures\` needs no ${owner}.`,
  )
}

function noResult(): Error {
  return new Error('The handler gave no settled result for the record.')
}
