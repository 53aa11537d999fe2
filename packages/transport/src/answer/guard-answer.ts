import { SpillwayError } from '@spillway/message'

/** The part of a request of middy that makes the answer to Lambda. */
export interface AnswerRequest {
  readonly event: unknown
  readonly internal: object
  response: unknown
  readonly error: unknown
  earlyResponse?: unknown
}

/** The answer of one invocation. */
export interface AnswerGuard {
  /** Sets the answer for good. */
  give(answer: unknown): void
  /** Nothing is an answer from now on. */
  fail(): void
}

/**
 * Keeps the answer to Lambda to one middleware. Lambda takes whatever a function answers for success and deletes the
 * messages, so what the others answer is none:
 *
 * - to an error, set or returned (`{ statusCode: 500 }`): it is dropped, and middy throws the error on;
 * - before the handler or after it, by returning a value: that skips the rest of the chain, and throws;
 * - in place of the answer once it is given: that throws, too, and one that is taken away stays.
 *
 * @throws SpillwayError `SPILLWAY_CHAIN_INVALID` for a request that is guarded already
 */
export function guardAnswer(owner: string, request: AnswerRequest): AnswerGuard {
  let response = request.response
  let isGiven = false
  let isFailed = false
  const hasError = () => isFailed || (request.error !== undefined && request.error !== null)

  if (Object.getOwnPropertyDescriptor(request, 'response')?.get !== undefined) throw usedTwice(owner)
  Object.defineProperty(request, 'response', {
    enumerable: true,
    // Whoever deletes it throws.
    configurable: false,
    get: () => (hasError() ? undefined : response),
    set(value: unknown) {
      if (hasError()) return
      if ('earlyResponse' in request) {
        // Else it would be the answer to the error, too.
        delete request.earlyResponse
        throw notOurs(owner, 'returned a value, which ends the chain with it as the answer')
      }
      if (!isGiven) response = value
      // To nothing it is set by middy before an error, and by others to have Lambda take a failed batch for done.
      else if (value !== undefined && value !== response) throw notOurs(owner, 'replaced the answer')
    },
  })

  return {
    give(answer) {
      request.response = answer
      isGiven = true
    },
    fail() {
      isFailed = true
    },
  }
}

function usedTwice(owner: string): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_CHAIN_INVALID',
    `${owner} is used behind another middleware that answers Lambda: use one of them, once.`,
  )
}

function notOurs(owner: string, what: string): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_CHAIN_INVALID',
    `A middleware beside ${owner} ${what}: Lambda would take that for success and delete every message. Leave that middleware out of this function, or let it throw.`,
  )
}
