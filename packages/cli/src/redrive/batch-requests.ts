import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs'
import { SpillwayError, toError } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'

/** What a batch request answers. */
export interface BatchAnswer {
  /** The ids of the entries that are confirmed. */
  readonly confirmed: readonly string[]
  readonly failed: readonly BatchResultErrorEntry[]
}

/** Why an entry was not confirmed. */
export interface Unconfirmed {
  readonly cause: string
  /** Whether it is a fault of the entry, so that others may go through. */
  readonly own: boolean
}

/** How often an entry is sent at most. */
const attempts = 3

/** Milliseconds before the second attempt; twice as many before the third. */
const pauseMs = 200

/**
 * Sends entries of a batch request until each is confirmed, at most three times, and repeats only what the service did not
 * take and may yet take. An entry that an answer does not mention is not confirmed. Never rejects.
 *
 * @param request sends the entries of these places, each under its place as its id
 * @returns for each place why it was not confirmed, or `undefined`
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

/** Notes what became of the entries, and answers the places of those that are worth another attempt. */
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
    // The SDK has repeated the request already, where that may help.
    const cause = errorText(thrown)
    for (const place of open) causes[place] = { cause, own: false }
    return []
  }
}

/** An error in one line: its name, where it says more than that it is an error, and its message. */
export function errorText(thrown: unknown): string {
  const error = toError(thrown)
  const { name, message } = error
  return name === 'Error' || error instanceof SpillwayError ? message : `${name}: ${message}`
}
