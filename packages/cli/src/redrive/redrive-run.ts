import type { Clock } from '@spillway/message/internal'
import type { CodeCounts } from '../parked/code-counts.ts'
import type { InFlight } from '../parked/in-flight.ts'
import type { OpenQueue } from '../parked/open-queue.ts'
import type { ParkedCopy } from '../parked/read-copy.ts'
import type { CopyTarget, Outgoing } from './copy-target.ts'

/** What a run of `spillway redrive` takes. */
export interface RedriveRun {
  readonly queue: Pick<OpenQueue, 'client' | 'url'>
  readonly target: CopyTarget
  readonly isSelected: (copy: ParkedCopy) => boolean
  /** The most copies that go back. */
  readonly limit: number
  /** Copies a second. */
  readonly rate: number
  /** Makes what goes back of a copy; `undefined` leaves it where it is. Rejects with why it cannot go. */
  readonly edit?: ((copy: ParkedCopy) => Promise<Outgoing | undefined>) | undefined
  /** Ends the run after what is in flight. */
  readonly signal: AbortSignal
  readonly onProgress?: (sent: number, failed: number) => void
  readonly onFailure?: (failure: RedriveFailure) => void
  /** A copy is gone from the dead-letter queue, because its queue or stream has confirmed the message. */
  readonly onDeleted?: ((id: string) => Promise<void>) | undefined
  readonly clock?: Clock
}

/** A copy that did not go back, or is still in the dead-letter queue although it did. */
export interface RedriveFailure {
  readonly id: string
  readonly cause: string
}

/** What a run has done so far. */
export interface Tally {
  /** Ids of copies that were met. */
  readonly met: Set<string>
  /** Ids of copies that are confirmed. */
  readonly sent: Set<string>
  /** The ids that messages got when they were sent. */
  readonly newIds: Set<string>
  /** Causes by the ids of copies. */
  readonly failures: Map<string, string>
  /** Groups of which one copy failed. */
  readonly stuck: Set<string>
  left: number
  /** The codes of the copies that were not chosen. */
  readonly leftCodes: CodeCounts
  cameBack: number
  behind: number
  /** Requests in a row that failed altogether. */
  failedWaves: number
  /** When the next copy may be sent. */
  nextAt: number
}

/** What the parts of a run share. */
export interface RunState {
  readonly run: RedriveRun
  readonly tally: Tally
  readonly inFlight: InFlight
  readonly clock: Clock
}

/** A tally of nothing. */
export function createTally(now: number): Tally {
  return {
    met: new Set(),
    sent: new Set(),
    newIds: new Set(),
    failures: new Map(),
    stuck: new Set(),
    left: 0,
    leftCodes: new Map(),
    cameBack: 0,
    behind: 0,
    failedWaves: 0,
    nextAt: now,
  }
}

/** Notes that a copy failed. What comes behind it in its group has to wait. */
export function noteFailure({ run, tally }: RunState, id: string, cause: string, group?: string): void {
  tally.failures.set(id, cause)
  if (group !== undefined) tally.stuck.add(group)
  run.onFailure?.({ id, cause })
}
