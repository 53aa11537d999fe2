import { SpillwayError } from '@spillway/message'

/** The part of a middy request on which the answer to Lambda depends. */
export interface AnswerRequest {
  readonly event: unknown
  readonly internal: object
  response: unknown
  readonly error: unknown
  earlyResponse?: unknown
}

/** The answer of one invocation. */
export interface AnswerGuard {
  /** Sets the final answer. */
  give(answer: unknown): void
  /** From now on there is no answer. */
  fail(): void
}

/**
 * Lets only one middleware answer Lambda. Lambda takes any answer for success and deletes the messages, so the answers of
 * other middlewares have no effect or throw:
 *
 * - an answer to an error, such as `{ statusCode: 500 }`, is dropped, and middy rethrows the error;
 * - a value that a middleware returns would end the chain: it throws;
 * - replacing the final answer throws; removing it has no effect.
 *
 * @throws SpillwayError `SPILLWAY_CHAIN_INVALID` when another answer middleware guards the request already
 */
export function guardAnswer(owner: string, request: AnswerRequest): AnswerGuard {
  let response = request.response
  let isGiven = false
  let isFailed = false
  const hasError = () => isFailed || (request.error !== undefined && request.error !== null)

  if (Object.getOwnPropertyDescriptor(request, 'response')?.get !== undefined) throw usedTwice(owner)
  Object.defineProperty(request, 'response', {
    enumerable: true,
    // To delete it throws.
    configurable: false,
    get: () => (hasError() ? undefined : response),
    set(value: unknown) {
      if (hasError()) return
      if ('earlyResponse' in request) {
        // It would be the answer to the error as well.
        delete request.earlyResponse
        throw notOurs(owner, 'returned a value, which ends the chain with it as the answer')
      }
      if (!isGiven) response = value
      // `undefined` is ignored: middy sets it before an error, and it would make Lambda take a failed batch for done.
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
    `${owner} is used after another middleware that answers Lambda: use one of them, once.`,
  )
}

function notOurs(owner: string, what: string): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_CHAIN_INVALID',
    `A middleware next to ${owner} ${what}. Lambda would take that for success and delete every message. Remove that middleware from this function, or let it throw.`,
  )
}
