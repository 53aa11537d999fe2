import {
  consoleLogger,
  type EachRecord,
  type MessageBody,
  type MessageDefinition,
  type Outcome,
  type RecordSource,
  SpillwayError,
  type Writer,
} from '@spillway/message'
import { deliveryBackoff, quietLogger, systemClock } from '@spillway/message/internal'
import { markSettled } from '@spillway/transport'
import type { BatchOptions, RoutesOptions } from './batch-options.ts'
import { type BatchPlan, planOne, planRoutes } from './batch-plan.ts'
import { checkContext, sourceOf } from './check-invocation.ts'
import { guardOf, type InvocationContext, startDeadlines } from './deadline.ts'
import { withNames } from './message-names.ts'
import { createPartialOutage } from './partial-outage.ts'
import { createReader, warnOnce } from './reader.ts'
import { createReport } from './report.ts'
import type { Route } from './route.ts'
import { settleRecords } from './settle-records.ts'
import { toSettledResult } from './settled-result.ts'

/**
 * The event of Lambda with what a source middleware adds to it. `source` is optional, so that the chain takes events as
 * Lambda delivers them; without it the handler rejects. The event of a chain without a source middleware has no `source`
 * in its type, which is a type error.
 */
export interface BatchEvent {
  readonly source?: RecordSource
}

/** A Lambda handler that returns one settled result for each record. */
export type BatchHandler = (
  event: BatchEvent,
  context: InvocationContext,
  options?: { readonly signal?: AbortSignal },
) => Promise<readonly PromiseSettledResult<undefined>[]>

/**
 * Makes a Lambda handler that decodes and validates records, gives them to a writer, or one by one to the handler of
 * `eachRecord`, and settles each by its outcome: a record that is done or parked leaves the queue, a record that is to be
 * retried is reported as failed.
 *
 * A record without a valid message is parked; its neighbours are not affected. When the time is over, only the records
 * that are not done are retried. A record without an outcome from the writer is retried, and so are the records of a
 * writer that throws, unless `onError` decides otherwise.
 *
 * Failures are logged, one line for each code: see {@link BatchOptions.logger}.
 *
 * During an outage of a dependency the invocation waits and tries again. The records that it returns then have
 * increasing delays, so that an outage uses up few receives.
 *
 * @example
 * ```ts
 * import { batch } from '@spillway/batch'
 * import { defineMessage, done } from '@spillway/message'
 * import * as z from 'zod'
 *
 * const order = defineMessage({ name: 'order.placed', schema: z.object({ id: z.uuid() }) })
 *
 * export const handler = batch(order, async (records) => records.map(() => done()))
 * ```
 *
 * For several messages on one queue, give it a list of routes, one for each message: see {@link route}. The order in a
 * lane holds across them. A record of another message is parked, or given to `otherwise`.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown or out of range; the handler rejects with
 * `SPILLWAY_SOURCE_MISSING` when no source middleware ran before it, with `SPILLWAY_CONTEXT_MISSING` when it is invoked
 * without the context of Lambda, and with `SPILLWAY_BATCH_FAILED` when `partialFailures` is `false` and a record is to
 * be retried.
 */
export function batch(routes: readonly Route[], options?: RoutesOptions): BatchHandler
export function batch<Definition extends MessageDefinition>(
  definition: Definition,
  handler: Writer<MessageBody<Definition>> | EachRecord<MessageBody<Definition>>,
  options?: BatchOptions<MessageBody<Definition>>,
): BatchHandler
export function batch(
  definition: MessageDefinition | readonly Route[],
  second?: unknown,
  third: BatchOptions<never> = {},
): BatchHandler {
  const plan = Array.isArray(definition)
    ? planRoutes(definition, (second ?? {}) as RoutesOptions)
    : planOne(definition as MessageDefinition, second, third as BatchOptions)
  return createBatch(plan)
}

function createBatch(plan: BatchPlan): BatchHandler {
  const { pass, watchers, options } = plan
  const { guard, partialFailures = true, clock = systemClock } = options
  const logger = quietLogger(options.logger ?? consoleLogger)
  const report = createReport(options.telemetry, logger)
  const warn = warnOnce(logger)
  const keyless = (message: string) => warn(plan.nameOf(message))
  const settings = {
    pass,
    watchers,
    logger,
    clock,
    partialFailures,
    partialOutage: createPartialOutage(() => clock.now()),
    onError: options.onError,
    backoff: options.backoff ?? deliveryBackoff,
    hold: options.hold ?? true,
    stopAtFirstFailure: options.stopAtFirstFailure ?? false,
    random: options.random ?? Math.random,
  }

  // The default keeps `length` at 2: Node 24 on Lambda refuses handlers with three parameters as callback handlers.
  return async function batchHandler(event, context, invocation = {}) {
    const source = sourceOf(event)
    checkContext(context)
    const startedAt = clock.now()
    const reserve = guard ?? guardOf(source.records.length)
    const deadlines = startDeadlines(context, reserve, clock, invocation?.signal)
    try {
      const { reader, partsOf } = withNames(plan, createReader(plan.known, source, keyless), source)
      const { outcomes, held } = await settleRecords(settings, source, reader, deadlines)
      report(partsOf(outcomes), { duration: clock.now() - startedAt, held }, reader.keyOf)
      if (!partialFailures) throwIfReturned(outcomes)
      return markSettled(outcomes.map(toSettledResult), partialFailures)
    } finally {
      deadlines.end()
    }
  }
}

function throwIfReturned(outcomes: readonly Outcome[]): void {
  const returned = outcomes.filter((outcome) => outcome.kind === 'retry')
  const failures = returned.length
  if (failures === 0) return
  throw new SpillwayError(
    'SPILLWAY_BATCH_FAILED',
    `${failures} of ${outcomes.length} records are to be delivered again, and so all are: \`partialFailures\` is false. What is done stays done.`,
    // The first failure waits for no other, so its cause is the real one.
    { cause: returned[0]?.cause },
  )
}
