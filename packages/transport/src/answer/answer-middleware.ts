import type { LogFields, Logger } from '@spillway/message'
import { SpillwayError } from '@spillway/message'
import { type Failure, failedPlaces } from './failed-places.ts'
import { type AnswerGuard, type AnswerRequest, guardAnswer } from './guard-answer.ts'
import { isReported } from './settled.ts'

/** What Lambda is answered: what to deliver again. */
export interface BatchAnswer {
  batchItemFailures: { itemIdentifier: string }[]
}

/** What is particular to a service in the answer to Lambda. */
export interface AnswerKind {
  /** The name of the middleware, for its errors. */
  readonly owner: string
  /** The ids of the records of an event, by which an answer names them. Throws for an event of another service. */
  idsOf(event: unknown): readonly unknown[]
  /** The answer for a batch that is not done. */
  answerOf(failures: readonly Failure[], ids: readonly unknown[]): BatchAnswer | Promise<BatchAnswer>
  /** The line for a batch that is not done, and what it says of the records that are delivered again. */
  readonly line: string
  fieldsOf(delivered: readonly string[]): LogFields
}

/** Hooks of a middleware of middy. */
export interface AnswerHooks {
  before(request: AnswerRequest): void
  after(request: AnswerRequest): Promise<void>
  onError(request: AnswerRequest): void
}

/** By this a source says that it ran. Of the global registry: it may come from another copy of its package. */
const sourceRan = Symbol.for('spillway.source')

/** Says in a request that a source ran, so that an answer that is used behind it notices. */
export function noteSource({ internal }: { readonly internal: object }): void {
  Object.defineProperty(internal, sourceRan, { value: true, configurable: true })
}

/**
 * A middleware that makes the answer to Lambda out of the settled results of a handler, and lets nothing else become it:
 * no event of another service, no error, no answer of another middleware.
 */
export function answerHooks(kind: AnswerKind, logger: Logger): AnswerHooks {
  const { owner } = kind
  const guards = new WeakMap<AnswerRequest, AnswerGuard>()
  const idsOf = new WeakMap<AnswerRequest, readonly unknown[]>()

  function guardOf(request: AnswerRequest): AnswerGuard {
    const guard = guards.get(request) ?? guardAnswer(owner, request)
    guards.set(request, guard)
    return guard
  }

  return {
    before(request) {
      // First of all, because what throws here is not to be answered either.
      guardOf(request)
      if (sourceRan in request.internal) throw outOfPlace(owner)
      // As they came: another middleware may take some of them out, which would count as done.
      idsOf.set(request, kind.idsOf(request.event))
    },
    async after(request) {
      const ids = idsOf.get(request)
      if (ids === undefined) throw notWhole(owner)
      const results = request.response
      const failures = failedPlaces(owner, results, ids.length)
      const [first] = failures
      if (first === undefined) return guardOf(request).give({ batchItemFailures: [] })
      const answer = await kind.answerOf(failures, ids)
      guardOf(request).give(answer)
      if (isReported(results)) return
      logger.error(kind.line, {
        failed: failures.length,
        records: ids.length,
        ...kind.fieldsOf(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)),
        error: first.reason,
      })
    },
    onError(request) {
      guardOf(request).fail()
    },
  }
}

function outOfPlace(owner: string): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_CHAIN_INVALID',
    `${owner} is used behind a source middleware: use it before all others, so that nothing that they answer reaches Lambda.`,
  )
}

function notWhole(owner: string): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_CHAIN_INVALID',
    `${owner} has to see the event before the handler does: give the whole middleware to use().`,
  )
}
