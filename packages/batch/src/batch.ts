import {
  decodeMessage,
  type MessageBody,
  type MessageDefinition,
  type MessageRecord,
  type Outcome,
  park,
  type RecordSource,
  retry,
  type SourceRecord,
  SpillwayError,
  toError,
  type Writer,
} from '@spillway/message'
import { checkOptions, integer, isFunction, type OptionRules } from '@spillway/message/internal'
import { type Deadline, type InvocationContext, startDeadline } from './deadline.ts'
import { toWaves } from './lanes.ts'
import { delayRetries, parkAll, type Settled, toOutcomes, toSettledResult } from './settle.ts'
import { type BatchSummary, logSummary, summarise } from './summary.ts'

/** What {@link batch} takes beside the message and the writer. */
export interface BatchOptions {
  /**
   * Milliseconds of the invocation that are kept for settling: when only they are left, the writer is told to stop
   * and what is not done is returned. Default 1,000; never more than a quarter of the time-out.
   */
  readonly guard?: number
  /** Called with the numbers of each batch. Default: a line of JSON on standard error when something was not done. */
  readonly log?: (summary: BatchSummary) => void
}

/** What a source middleware puts on the event. */
export interface BatchEvent {
  readonly source: RecordSource
}

/** A Lambda handler that answers one settled result per record. */
export type BatchHandler = (
  event: BatchEvent,
  context: InvocationContext,
  options?: { readonly signal?: AbortSignal },
) => Promise<readonly PromiseSettledResult<undefined>[]>

const rules: OptionRules<BatchOptions> = { guard: integer(0, 900_000), log: isFunction }

/**
 * A Lambda handler that decodes and validates records, gives them to a writer, and settles each by its outcome: a
 * record that is done or parked leaves the queue, one that is to be retried is reported as failed.
 *
 * A record that holds no valid message is parked and costs only itself. A deadline costs only what is not done. What
 * the writer leaves without an outcome, or throws for, counts as not done.
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
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown or out of range; the handler rejects with
 * `SPILLWAY_SOURCE_MISSING` when no source middleware ran before it.
 */
export function batch<Definition extends MessageDefinition>(
  definition: Definition,
  writer: Writer<MessageBody<Definition>>,
  options: BatchOptions = {},
): BatchHandler {
  checkOptions('batch', options, rules)
  const { guard = 1000, log = logSummary } = options

  async function settleWave(
    wave: readonly SourceRecord[],
    source: RecordSource,
    deadline: Deadline,
  ): Promise<readonly Settled[]> {
    const decoded = await Promise.all(wave.map((record) => decodeMessage(definition, record.body)))
    const outcomes = new Map<SourceRecord, Outcome>()
    const messages: MessageRecord<MessageBody<Definition>>[] = []
    const written: SourceRecord[] = []
    for (const [index, record] of wave.entries()) {
      const result = decoded[index]
      if (result?.ok) {
        const { receiveCount, lane } = record
        messages.push({ ...result.message, receiveCount, lane })
        written.push(record)
      } else if (result !== undefined) {
        outcomes.set(record, park(result.reason))
      }
    }
    const answers = await write(writer, messages, deadline)
    for (const [index, record] of written.entries()) outcomes.set(record, answers[index] as Outcome)
    return parkAll(
      source,
      wave.map((record) => ({ record, outcome: outcomes.get(record) as Outcome })),
    )
  }

  async function settleAll(
    source: RecordSource,
    deadline: Deadline,
  ): Promise<ReadonlyMap<SourceRecord, Outcome>> {
    const outcomes = new Map<SourceRecord, Outcome>()
    const stopped = new Set<string>()
    for (const wave of toWaves(source.records)) {
      const going = wave.filter((record) => !stopped.has(record.lane) && !deadline.expired)
      for (const { record, outcome } of await settleWave(going, source, deadline)) {
        outcomes.set(record, outcome)
        if (outcome.kind === 'retry') stopped.add(record.lane)
      }
      for (const record of wave) {
        if (outcomes.has(record)) continue
        outcomes.set(record, retry({ cause: stopped.has(record.lane) ? laneStopped() : outOfTime() }))
        stopped.add(record.lane)
      }
    }
    return outcomes
  }

  return async function batchHandler(event, context, invocation = {}) {
    const { source } = event
    if (source === undefined) {
      throw new SpillwayError(
        'SPILLWAY_SOURCE_MISSING',
        'There are no records under event.source: put a source middleware, for example sqsSource(), before batch().',
      )
    }
    using deadline = startDeadline(context, guard, invocation.signal)
    const settled = await settleAll(source, deadline)
    const outcomes = source.records.map((record) => settled.get(record) as Outcome)
    await delayRetries(
      source,
      [...settled].map(([record, outcome]) => ({ record, outcome })),
    )
    log(summarise(definition.name, outcomes))
    return outcomes.map(toSettledResult)
  }
}

async function write<Body>(
  writer: Writer<Body>,
  messages: readonly MessageRecord<Body>[],
  deadline: Deadline,
): Promise<readonly Outcome[]> {
  if (messages.length === 0) return []
  try {
    const answer = await deadline.race(writer(messages, deadline).then((outcomes) => ({ outcomes })))
    if (answer === undefined) return messages.map(() => retry({ cause: outOfTime() }))
    return toOutcomes(answer.outcomes, messages.length)
  } catch (thrown) {
    const cause = toError(thrown)
    return messages.map(() => retry({ cause }))
  }
}

function outOfTime(): SpillwayError {
  return new SpillwayError('SPILLWAY_DEADLINE', 'The invocation ran out of time before the record was done.')
}

function laneStopped(): SpillwayError {
  return new SpillwayError('SPILLWAY_LANE_STOPPED', 'An earlier record of the same lane is not done.')
}
