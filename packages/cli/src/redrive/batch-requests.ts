import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs'
import { SpillwayError, toError } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'

/** The answer to a batch request. */
export interface BatchAnswer {
  /** The ids of confirmed entries. */
  readonly confirmed: readonly string[]
  readonly failed: readonly BatchResultErrorEntry[]
}

/** Why an entry was not confirmed. */
export interface Unconfirmed {
  readonly cause: string
  /** Whether the entry itself is at fault, so that others may succeed. */
  readonly own: boolean
}

/** The most attempts for an entry. */
const attempts = 3

/** Milliseconds before the second attempt; twice as long before the third. */
const pauseMs = 200

/**
 * Sends the entries of a batch request until each is confirmed, at most three times. It retries only entries that failed
 * through no fault of their own. An entry that the answer does not mention is not confirmed. Never rejects.
 *
 * @param request sends the entries with these indices; the id of an entry is its index
 * @returns for each entry why it was not confirmed, or `undefined`
 */
export async function confirmAll(
  count: number,
  request: (places: readonly number[]) => Promise<BatchAnswer>,
  clock: Clock,
): Promise<readonly (Unconfirmed | undefined)[]> {
  const causes: (Unconfirmed | undefined)[] = Array.from({ length: count }, () => ({
    cause: 'it was not sent',
    own: false,
  }))
  let open = causes.map((_, place) => place)
  for (let attempt = 1; open.length > 0 && attempt <= attempts; attempt++) {
    if (attempt > 1) await clock.sleep(pauseMs * 2 ** (attempt - 2))
    open = await tryOnce(open, causes, request)
  }
  return causes
}

/** Sends entries, records their results, and returns the indices of those to retry. */
async function tryOnce(
  open: readonly number[],
  causes: (Unconfirmed | undefined)[],
  request: (places: readonly number[]) => Promise<BatchAnswer>,
): Promise<number[]> {
  try {
    const { confirmed, failed } = await request(open)
    const errors = new Map(failed.map((error) => [error.Id, error]))
    return open.filter((place) => {
      const error = errors.get(String(place))
      if (error === undefined && confirmed.includes(String(place))) {
        causes[place] = undefined
        return false
      }
      const own = error?.SenderFault === true
      const cause =
        error === undefined ? 'the answer does not mention it' : `${error.Code}: ${error.Message ?? ''}`
      causes[place] = { cause, own }
      return !own
    })
  } catch (thrown) {
    // The SDK has already retried the request where a retry may help.
    const cause = errorText(thrown)
    for (const place of open) causes[place] = { cause, own: false }
    return []
  }
}

/** An error in one line: its name, unless that is `Error` or `SpillwayError`, and its message. */
export function errorText(thrown: unknown): string {
  const error = toError(thrown)
  const { name, message } = error
  return name === 'Error' || error instanceof SpillwayError ? message : `${name}: ${message}`
}
