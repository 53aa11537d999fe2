import { SpillwayError } from '@spillway/message'

/** A record that is not done, and why. */
export interface Failure {
  /** Its place in the batch. */
  readonly place: number
  readonly reason: unknown
}

/**
 * Which records are not done, by the settled results of a handler. Fail closed: only a fulfilled result in its place is
 * success.
 *
 * @param owner the middleware that reads them, for its errors
 * @throws SpillwayError `SPILLWAY_CHAIN_INVALID` for anything but a list with one place for each record: it does not say
 * what is done
 */
export function failedPlaces(owner: string, results: unknown, count: number): readonly Failure[] {
  if (!Array.isArray(results)) throw unsettled(owner, `no list for ${count} records`)
  if (results.length !== count) throw unsettled(owner, `${results.length} results for ${count} records`)
  const failures: Failure[] = []
  // A list may have holes, which `forEach` leaves out.
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
