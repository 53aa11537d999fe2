import type { LogFields, Logger } from '@spillway/message'
import { SpillwayError } from '@spillway/message'
import { type Failure, failedPlaces } from './failed-places.ts'
import { type AnswerGuard, type AnswerRequest, guardAnswer } from './guard-answer.ts'
import { isReported } from './settled.ts'

/** The answer to Lambda: the records to deliver again. */
export interface BatchAnswer {
  batchItemFailures: { itemIdentifier: string }[]
}

/** The parts of the answer that differ between services. */
export interface AnswerKind {
  /** The name of the middleware, for its errors. */
  readonly owner: string
  /** The ids of the records of an event, for `itemIdentifier`. Throws for an event of another service. */
  idsOf(event: unknown): readonly unknown[]
  /** The answer for a batch with failures. */
  answerOf(failures: readonly Failure[], ids: readonly unknown[]): BatchAnswer | Promise<BatchAnswer>
  /** The log line for a batch with failures. */
  readonly line: string
  /** The fields of the line, by the ids in the answer. */
  fieldsOf(delivered: readonly string[]): LogFields
}

/** Hooks of a middleware of middy. */
export interface AnswerHooks {
  before(request: AnswerRequest): void
  after(request: AnswerRequest): Promise<void>
  onError(request: AnswerRequest): void
}

/** Marks a request for which a source ran. In the global registry, because a source may come from another copy of its package. */
const sourceRan = Symbol.for('spillway.source')

/** Marks a request, so that an answer middleware that is used after a source middleware can throw. */
export function noteSource({ internal }: { readonly internal: object }): void {
  Object.defineProperty(internal, sourceRan, { value: true, configurable: true })
}

/**
 * The hooks of a middleware that makes the answer to Lambda from the settled results of a handler. It prevents any other
 * answer: for an event of another service, for an error, by another middleware.
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
      // First, so that the errors thrown below are not answered by another middleware either.
      guardOf(request)
      if (sourceRan in request.internal) throw outOfPlace(owner)
      // Read now, because another middleware may remove records, which would then count as done.
      idsOf.set(request, kind.idsOf(request.event))
    },
    async after(request) {
      const ids = idsOf.get(request)
      if (ids === undefined) throw incomplete(owner)
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
    `${owner} is used after a source middleware. Use it before all other middlewares, so that none of their answers reaches Lambda.`,
  )
}

function incomplete(owner: string): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_CHAIN_INVALID',
    `${owner} must see the event before the handler does: give the whole middleware to use().`,
  )
}
