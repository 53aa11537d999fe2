import { systemClock } from '@spillway/message/internal'
import type { CodeCounts } from '../parked/code-counts.ts'
import { createInFlight, type Unreleased } from '../parked/in-flight.ts'
import { errorText } from './batch-requests.ts'
import { chooseCopies } from './choose-copies.ts'
import { createTally, type RedriveFailure, type RedriveRun, type RunState } from './redrive-run.ts'
import { mostFailedWaves, sendCopies } from './send-copies.ts'

/** The result of a run. */
export interface RedriveResult {
  /** Copies that the destination has confirmed. */
  readonly sent: number
  readonly failures: readonly RedriveFailure[]
  /** Copies that were read and not sent, because a filter or the editor left them out. */
  readonly left: number
  /** The codes of those that the filters do not match. */
  readonly leftCodes: CodeCounts
  /** Copies that were not sent because an earlier one of their group failed. */
  readonly behind: number
  /** Copies of messages that this run sent and that were parked again. */
  readonly cameBack: number
  readonly interrupted: boolean
  /** Why the run ended early; `undefined` when it did not, or was interrupted. */
  readonly stopped: string | undefined
  readonly unreleased: Unreleased
}

/** The visibility time-out in seconds: after it, the copies of a killed run are visible again. */
export const holdSeconds = 60

/** After this many receives in a row without a new message the whole queue counts as read. */
const fruitless = 5

/**
 * Sends copies back, and deletes each from the dead-letter queue once its destination has confirmed it. A run that ends
 * early loses nothing; the next run continues. Never rejects.
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

/** Sends copies until none is left or the run has to end. Resolves with why it ended early. */
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
