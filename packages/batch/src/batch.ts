import {
  decodeMessage,
  type MessageBody,
  type MessageDefinition,
  type MessageRecord,
  type Outcome,
  park,
  type RecordSource,
  type RetryOutcome,
  retry,
  type SourceRecord,
  SpillwayError,
  toError,
  type Writer,
} from '@spillway/message'
import {
  checkOptions,
  integer,
  isFunction,
  type OptionRules,
  wireFingerprint,
} from '@spillway/message/internal'
import { type Deadline, type InvocationContext, startDeadline } from './deadline.ts'
import { toWaves } from './lanes.ts'
import { loadTexts, toSlices } from './load.ts'
import { delayRetries, outOfTime, parkAll, type Settled, toOutcomes, toSettledResult } from './settle.ts'
import { type BatchSummary, logSummary, summarise } from './summary.ts'

/** What {@link batch} takes beside the message and the writer. */
export interface BatchOptions {
  /**
   * Milliseconds of the invocation that are kept for settling: when only they are left, the writer is told to stop
   * and what is not done is returned. Default 1,000; never more than a quarter of the time that the invocation has.
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

/** No guard takes more than this share of the time there is, so that a short time-out leaves time to work. */
const guardShare = 0.25

/** The share of the guard that is left when settling ends, for the way back. */
const answerShare = 0.2

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

  /** Writes records of different lanes. */
  async function settleSlice(
    slice: readonly SourceRecord[],
    source: RecordSource,
    { writing, settling }: Deadlines,
  ): Promise<readonly Settled[]> {
    const texts = await loadTexts(slice, writing)
    const decoded = await writing.race(
      Promise.all(slice.map((record) => decode(definition, record, texts.get(record) ?? record.body))),
    )
    if (decoded === undefined)
      return slice.map((record) => ({ record, outcome: retry({ cause: outOfTime() }) }))
    const valid = decoded.filter((result) => 'message' in result)
    const answers = await write(
      writer,
      valid.map(({ message }) => message),
      writing,
    )
    const written = new Map<unknown, Outcome>(
      valid.map((result, index) => [result, answers[index] as Outcome]),
    )
    const outcomes = decoded.map(
      (result) => ('message' in result ? written.get(result) : result.outcome) as Outcome,
    )
    return parkAll(
      source,
      slice.map((record, index) => ({ record, outcome: outcomes[index] as Outcome })),
      settling,
    )
  }

  async function settleAll(
    source: RecordSource,
    deadlines: Deadlines,
  ): Promise<ReadonlyMap<SourceRecord, Outcome>> {
    const outcomes = new Map<SourceRecord, Outcome>()
    const stopped = new Map<string, RetryOutcome>()
    for (const wave of toWaves(source.records)) {
      const going = wave.filter((record) => !stopped.has(record.lane) && !deadlines.writing.expired)
      for (const slice of toSlices(going, source.maximumLoadBytes)) {
        if (deadlines.writing.expired) break
        for (const { record, outcome } of await settleSlice(slice, source, deadlines)) {
          outcomes.set(record, outcome)
          if (outcome.kind === 'retry') stopped.set(record.lane, outcome)
        }
      }
      for (const record of wave) {
        if (outcomes.has(record)) continue
        const before = stopped.get(record.lane)
        // A record that came back before the one that it follows would keep the lane closed to that one.
        const outcome = before
          ? retry({ after: before.after, cause: laneStopped() })
          : retry({ cause: outOfTime() })
        outcomes.set(record, outcome)
        stopped.set(record.lane, outcome)
      }
    }
    return outcomes
  }

  function report(outcomes: readonly Outcome[]): void {
    try {
      log(summarise(definition.name, outcomes))
    } catch (thrown) {
      // What is committed stays committed: a log must not have the whole batch delivered again.
      console.error(thrown)
    }
  }

  return async function batchHandler(event, context, invocation = {}) {
    const { source } = event
    if (source === undefined) {
      throw new SpillwayError(
        'SPILLWAY_SOURCE_MISSING',
        'There are no records under event.source: put a source middleware, for example sqsSource(), before batch().',
      )
    }
    const reserve = Math.min(guard, context.getRemainingTimeInMillis() * guardShare)
    const writing = startDeadline(context, reserve, invocation.signal)
    const settling = startDeadline(context, reserve * answerShare, invocation.signal)
    try {
      const settled = await settleAll(source, { writing, settling })
      const outcomes = source.records.map((record) => ({ record, outcome: settled.get(record) as Outcome }))
      await delayRetries(source, outcomes, settling)
      report(outcomes.map(({ outcome }) => outcome))
      return outcomes.map(({ outcome }) => toSettledResult(outcome))
    } finally {
      writing.end()
      settling.end()
    }
  }
}

/** When the writer has to be done, and when all else has. */
interface Deadlines {
  readonly writing: Deadline
  readonly settling: Deadline
}

/** A message for the writer, or what becomes of a record that holds none. */
async function decode<Definition extends MessageDefinition>(
  definition: Definition,
  { receiveCount, lane }: SourceRecord,
  text: string | Error,
): Promise<{ readonly message: MessageRecord<MessageBody<Definition>> } | { readonly outcome: Outcome }> {
  if (text instanceof Error) return { outcome: unloaded(text) }
  try {
    const decoded = await decodeMessage(definition, text)
    if (decoded.ok) {
      const fingerprint = () => wireFingerprint(text)
      return { message: { ...decoded.message, receiveCount, lane, fingerprint } }
    }
    const { reason, retryable } = decoded
    return {
      outcome: retryable
        ? retry({ cause: new SpillwayError('SPILLWAY_ENVELOPE_INVALID', reason.detail) })
        : park(reason),
    }
  } catch (thrown) {
    return { outcome: retry({ cause: toError(thrown) }) }
  }
}

/** What becomes of a record whose text was not fetched. What is gone for good does not come back. */
function unloaded(error: Error): Outcome {
  const gone = error instanceof SpillwayError && error.code === 'SPILLWAY_CLAIM_MISSING'
  return gone ? park({ code: error.code, detail: error.message }) : retry({ cause: error })
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

function laneStopped(): SpillwayError {
  return new SpillwayError('SPILLWAY_LANE_STOPPED', 'An earlier record of the same lane is not done.')
}
