import { type Logger, type Outcome, type RecordSource, retry } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import type { Deadline } from '@spillway/transport'
import type { BatchWatcher } from './batch-plan.ts'
import type { Deadlines } from './deadline.ts'
import { findDecided } from './find-decided.ts'
import { createHold, type Hold, partialHold } from './hold.ts'
import { isUnavailable } from './outage.ts'
import { createWitness, type PartialOutage } from './partial-outage.ts'
import type { Invocation, Pass } from './pass.ts'
import { type ErrorPolicy, quietPolicy } from './policy.ts'
import { type BatchProgress, createProgress } from './progress.ts'
import type { MessageReader } from './reader.ts'
import { type BackoffOption, type RecordDelay, retryDelays } from './retry-delay.ts'
import { deadlineError } from './settled-result.ts'
import { hintWatchers, tellWatchers, timeForWatchers } from './watchers.ts'

/** What all invocations of a batch handler share. */
export interface BatchSettings {
  readonly pass: Pass<unknown>
  readonly watchers: readonly BatchWatcher[]
  readonly logger: Logger
  readonly clock: Clock
  readonly random: () => number
  readonly partialOutage: PartialOutage
  readonly onError: ErrorPolicy | undefined
  readonly backoff: BackoffOption
  readonly hold: boolean
  readonly stopAtFirstFailure: boolean
  readonly partialFailures: boolean
}

/** An invocation before its first pass. */
type Started = Omit<Invocation<unknown>, 'decided'>

/** Gives each record of an invocation an outcome, and delays those that are returned. Never rejects. */
export async function settleRecords(
  settings: BatchSettings,
  source: RecordSource,
  reader: MessageReader,
  deadlines: Deadlines,
): Promise<{ readonly outcomes: readonly Outcome[]; readonly held: number }> {
  const { watchers, logger, clock, random, partialOutage, partialFailures } = settings
  const { writing, settling } = deadlines
  const progress = createProgress(source, {
    stopAtFirstFailure: settings.stopAtFirstFailure,
    returnsAll: !partialFailures,
  })
  const witness = createWitness()
  const isPartial = returnsOnlyFailed(settings, source) && partialOutage.isKnown()
  const hold = createHold(writing, clock, random, timeForWatchers(watchers.length, writing.remainingTime()))
  if (!isPartial) hintWatchers(watchers, (watcher) => watcher.begun?.(settling), logger)
  const outcomeOfError = quietPolicy(settings.onError, logger)
  await makePasses(
    settings,
    { reader, source, progress, deadlines, outcomeOfError, witness, isPartial },
    hold,
  )

  const outcomes = outcomesOf(source, progress)
  partialOutage.ended(outcomes, witness)
  const delays = retryDelays({ records: source.records, progress, backoff: settings.backoff, random })
  const delaying = delays.length > 0 && settling.race(delay(logger, source, delays, settling))
  // A batch in which every record needs the part that is down says nothing of the rest.
  const isTelling = !(isPartial && outcomes.every(isUnavailable))
  if (watchers.length > 0 && isTelling) await tellWatchers(watchers, outcomes, settling, logger)
  await delaying
  return { outcomes, held: hold.held() }
}

/** Whether a failed record does not bring back others. Where it does, nothing is gained by returning early. */
function returnsOnlyFailed(
  { partialFailures }: BatchSettings,
  { checkpoint = false }: RecordSource,
): boolean {
  return partialFailures && !checkpoint
}

/** Goes through the records, then again and again through those that are worth holding for. */
async function makePasses(settings: BatchSettings, invocation: Started, hold: Hold): Promise<void> {
  const { watchers, logger, pass } = settings
  const { reader, source, progress, deadlines, witness, isPartial } = invocation
  /** The outcomes of the pass before, for records that are not begun again. */
  let before: ReadonlyMap<number, Outcome> = new Map()
  let positions: readonly number[] = source.records.map((_, position) => position)
  for (let attempt = 0; positions.length > 0; attempt++) {
    const decided = await findDecided(reader, source, positions, deadlines.writing)
    await pass({ ...invocation, decided }, positions, attempt)
    settleOpen(progress, positions, before)
    positions = settings.hold && !isPartial ? progress.waiting() : []
    if (positions.length === 0) return
    if (watchers.length > 0) {
      const outcomes = outcomesOf(source, progress)
      hintWatchers(watchers, (watcher) => watcher.held?.(outcomes, deadlines.settling), logger)
    }
    const most = returnsOnlyFailed(settings, source) && witness.sawPart() ? partialHold : undefined
    if (!(await hold.wait(most))) return
    before = progress.resetForRetry(positions)
  }
}

/** Settles the records that a pass did not begin. */
function settleOpen(
  progress: BatchProgress,
  positions: readonly number[],
  before: ReadonlyMap<number, Outcome>,
): void {
  // One error for all: making an error takes longer than writing a record.
  let late: Outcome | undefined
  for (const position of positions) {
    if (progress.outcome(position) !== undefined || progress.skip(position)) continue
    late ??= retry({ cause: deadlineError() })
    progress.settle(position, before.get(position) ?? late)
  }
}

function outcomesOf({ records }: RecordSource, progress: BatchProgress): readonly Outcome[] {
  return records.map((_, position) => progress.outcome(position) as Outcome)
}

/** Delays deliveries. A failure costs nothing that is done: the visibility time-out of the queue applies. */
async function delay(
  logger: Logger,
  source: RecordSource,
  delays: readonly RecordDelay[],
  settling: Deadline,
): Promise<void> {
  try {
    await source.delay(delays, settling)
  } catch (error) {
    const records = delays.length
    logger.warn('spillway: the time to the next delivery of records could not be set', { records, error })
  }
}
