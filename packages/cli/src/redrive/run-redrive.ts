import { systemClock } from '@spillway/message/internal'
import type { CodeCounts } from '../parked/code-counts.ts'
import { createInFlight, type Unreleased } from '../parked/in-flight.ts'
import { errorText } from './batch-requests.ts'
import { chooseCopies } from './choose-copies.ts'
import { createTally, type RedriveFailure, type RedriveRun, type RunState } from './redrive-run.ts'
import { mostFailedWaves, sendCopies } from './send-copies.ts'

/** What a run did. */
export interface RedriveResult {
  /** Copies whose queue or stream has confirmed them. */
  readonly sent: number
  readonly failures: readonly RedriveFailure[]
  /** Copies that were looked at and not chosen, or that the editor left. */
  readonly left: number
  /** The codes of those that were not chosen. */
  readonly leftCodes: CodeCounts
  /** Copies that wait behind a failed one of their group. */
  readonly behind: number
  /** Copies of messages that this run sent, and that were parked again. */
  readonly cameBack: number
  readonly interrupted: boolean
  /** Why the run ended early, by itself. */
  readonly stopped: string | undefined
  readonly unreleased: Unreleased
}

/** Seconds: what a killed run has in flight is visible again after this time. */
export const holdSeconds = 60

/** Receives in a row that bring nothing new, after which a queue counts as read. */
const fruitless = 5

/**
 * Sends copies back, and deletes each from the dead-letter queue once its queue or stream has confirmed it. A run that
 * ends early has lost nothing, and the next one goes on. Never rejects.
 */
export async function runRedrive(run: RedriveRun): Promise<RedriveResult> {
  const { queue, clock = systemClock } = run
  const inFlight = createInFlight({ ...queue, visibility: holdSeconds, clock })
  const tally = createTally(clock.now())
  const stopped = await sendAll({ run, tally, inFlight, clock }).catch(errorText)
  const unreleased = await inFlight.release()
  const { sent, failures, left, leftCodes, behind, cameBack } = tally
  return {
    sent: sent.size,
    failures: [...failures].map(([id, cause]) => ({ id, cause })),
    left,
    leftCodes,
    behind,
    cameBack,
    interrupted: run.signal.aborted,
    stopped,
    unreleased,
  }
}

/** Sends copies until none is left or the run has to end. Answers why it ended early. */
async function sendAll(state: RunState): Promise<string | undefined> {
  const { run, tally, inFlight } = state
  let nothingNew = 0
  while (!run.signal.aborted && nothingNew < fruitless && tally.sent.size < run.limit) {
    const messages = await inFlight.receive()
    if (messages.length === 0) return undefined
    const { copies, isNew } = await chooseCopies(state, messages)
    nothingNew = isNew ? 0 : nothingNew + 1
    await sendCopies(state, copies.slice(0, run.limit - tally.sent.size))
    if (tally.failedWaves >= mostFailedWaves) return `${mostFailedWaves} requests in a row failed`
  }
  return undefined
}
