import {
  consoleLogger,
  type EachRecord,
  type Logger,
  type MessageBody,
  type MessageDefinition,
  type Outcome,
  type RecordSource,
  retry,
  SpillwayError,
  type Writer,
} from '@spillway/message'
import { deliveryBackoff, quietLogger, systemClock } from '@spillway/message/internal'
import { markSettled } from '@spillway/transport'
import type { BatchOptions, RoutesOptions } from './batch-options.ts'
import { type BatchPlan, planOne, planRoutes } from './batch-plan.ts'
import { checkContext, sourceOf } from './check-invocation.ts'
import { type Deadlines, guardOf, type InvocationContext, startDeadlines } from './deadline.ts'
import { findDecided } from './find-decided.ts'
import { createHold, partialHold } from './hold.ts'
import { createLedger } from './ledger.ts'
import { withNames } from './message-names.ts'
import { isUnavailable } from './outage.ts'
import { createPartialOutage, createWitness } from './partial-outage.ts'
import { quietPolicy } from './policy.ts'
import { createReader, type MessageReader, warnOnce } from './reader.ts'
import { createReport } from './report.ts'
import { retryDelays } from './retry-delay.ts'
import type { Route } from './route.ts'
import { deadlineError, toSettledResult } from './settled-result.ts'
import { hintWatchers, tellWatchers, timeForWatchers } from './watchers.ts'

/**
 * What a source middleware puts on the event. It is optional, so that the chain takes events as Lambda delivers them;
 * without it the handler rejects. An event of a chain without a source has no `source` at all, and is a type error.
 */
export interface BatchEvent {
  readonly source?: RecordSource
}

/** A Lambda handler that answers one settled result per record. */
export type BatchHandler = (
  event: BatchEvent,
  context: InvocationContext,
  options?: { readonly signal?: AbortSignal },
) => Promise<readonly PromiseSettledResult<undefined>[]>

/**
 * A Lambda handler that decodes and validates records, gives them to a writer, or one by one to the handler of
 * `eachRecord`, and settles each by its outcome: a record that is done or parked leaves the queue, one that is to be
 * retried is reported as failed.
 *
 * A record that holds no valid message is parked and costs only itself. A deadline costs only what is not done. What
 * the writer leaves without an outcome counts as not done, and so does what it throws for unless `onError` says otherwise.
 *
 * What is not done is logged, one line for each code: see {@link BatchOptions.logger}.
 *
 * While what the records need is down or saturated, the invocation waits and tries again; what it returns then comes
 * back later and later, so that an outage uses up few receives.
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
 * With several messages on one queue it takes a list of routes, one for each message: see {@link route}. Order in a lane
 * holds across them. A record of another message is parked, or given to `otherwise`.
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
  const { round, watchers, options } = plan
  const { guard, backoff = deliveryBackoff, hold = true, stopAtFirstFailure = false } = options
  const { partialFailures = true, clock = systemClock, random = Math.random } = options
  const logger = quietLogger(options.logger ?? consoleLogger)
  const report = createReport(options, logger)
  const partial = createPartialOutage(() => clock.now())
  const warn = warnOnce(logger)
  const keyless = (message: string) => warn(plan.nameOf(message))

  async function settleAll(source: RecordSource, reader: MessageReader, deadlines: Deadlines) {
    const ledger = createLedger(source, { stopAtFirstFailure, returnsAll: !partialFailures })
    const { writing, settling } = deadlines
    const judge = quietPolicy(options.onError, logger)
    const reserve = timeForWatchers(watchers.length, writing.remainingTime())
    const waits = createHold(writing, clock, random, reserve)
    const witness = createWitness()
    // Where a failure brings back the others as well, to go on with them early would gain nothing.
    const goesOn = partialFailures && !source.checkpoint
    const isPartial = goesOn && partial.isKnown()
    if (!isPartial) hintWatchers(watchers, (watcher) => watcher.begun?.(settling), logger)
    const outcomesNow = () => source.records.map((_, position) => ledger.outcome(position) as Outcome)
    let late: Outcome | undefined
    /** What became of records before they were tried again: it stands for those that are not begun a second time. */
    let before: ReadonlyMap<number, Outcome> = new Map()
    let positions: readonly number[] = source.records.map((_, position) => position)
    for (let count = 0; positions.length > 0; count++) {
      const decided = await findDecided(reader, source, positions, deadlines.writing)
      await round({ reader, source, ledger, deadlines, judge, decided, witness, isPartial }, positions, count)
      for (const position of positions) {
        if (ledger.outcome(position) !== undefined || ledger.skip(position)) continue
        // An error takes longer to make than a record to write.
        late ??= retry({ cause: deadlineError() })
        ledger.settle(position, before.get(position) ?? late)
      }
      positions = hold && !isPartial ? ledger.waiting() : []
      const most = goesOn && witness.sawPart() ? partialHold : undefined
      if (positions.length > 0 && watchers.length > 0) {
        const outcomes = outcomesNow()
        hintWatchers(watchers, (watcher) => watcher.held?.(outcomes, settling), logger)
      }
      if (positions.length === 0 || !(await waits.wait(most))) break
      before = ledger.resetForRetry(positions)
    }
    const delays = retryDelays({ records: source.records, ledger, backoff, random })
    const outcomes = outcomesNow()
    partial.ended(outcomes, witness)
    const delaying = delays.length > 0 && settling.race(delay(logger, source, delays, settling))
    // A batch that happens to have records of the part that is down alone says nothing of the rest.
    const isTelling = !(isPartial && outcomes.every(isUnavailable))
    if (watchers.length > 0 && isTelling) await tellWatchers(watchers, outcomes, settling, logger)
    await delaying
    return { outcomes, held: waits.held() }
  }

  // With a default, because Node 24 on Lambda takes a function of three parameters for a callback handler and refuses it.
  return async function batchHandler(event, context, invocation = {}) {
    const source = sourceOf(event)
    checkContext(context)
    const startedAt = clock.now()
    const reserve = guard ?? guardOf(source.records.length)
    const deadlines = startDeadlines(context, reserve, clock, invocation?.signal)
    try {
      const { reader, partsOf } = withNames(plan, createReader(plan.known, source, keyless), source)
      const { outcomes, held } = await settleAll(source, reader, deadlines)
      report(partsOf(outcomes), { duration: clock.now() - startedAt, held }, reader.keyOf)
      if (!partialFailures) throwIfReturned(outcomes)
      return markSettled(outcomes.map(toSettledResult), partialFailures)
    } finally {
      deadlines.end()
    }
  }
}

/** Puts deliveries off. Best effort: it must not cost what is done. Where it fails the queue's own visibility time-out applies. */
async function delay(
  logger: Logger,
  source: RecordSource,
  ...args: Parameters<RecordSource['delay']>
): Promise<void> {
  try {
    await source.delay(...args)
  } catch (error) {
    const records = args[0].length
    logger.warn('spillway: the time to the next delivery of records could not be set', { records, error })
  }
}

function throwIfReturned(outcomes: readonly Outcome[]): void {
  const returned = outcomes.filter((outcome) => outcome.kind === 'retry')
  const failures = returned.length
  if (failures === 0) return
  throw new SpillwayError(
    'SPILLWAY_BATCH_FAILED',
    `${failures} of ${outcomes.length} records are to be delivered again, and so all are: \`partialFailures\` is false. What is done stays done.`,
    // The first of them is none that follows another.
    { cause: returned[0]?.cause },
  )
}
