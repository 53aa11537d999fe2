import type { Clock } from '@spillway/message/internal'
import type { CodeCounts } from '../parked/code-counts.ts'
import type { InFlight } from '../parked/in-flight.ts'
import type { OpenQueue } from '../parked/open-queue.ts'
import type { ParkedCopy } from '../parked/read-copy.ts'
import type { CopyTarget, Outgoing } from './copy-target.ts'

/** The options of a run of `spillway redrive`. */
export interface RedriveRun {
  readonly queue: Pick<OpenQueue, 'client' | 'url'>
  readonly target: CopyTarget
  readonly isSelected: (copy: ParkedCopy) => boolean
  /** The most copies to send. */
  readonly limit: number
  /** Copies per second. */
  readonly rate: number
  /** Lets the user edit a copy; `undefined` leaves it in the queue. Rejects with why it cannot be sent. */
  readonly edit?: ((copy: ParkedCopy) => Promise<Outgoing | undefined>) | undefined
  /** Ends the run after the current requests. */
  readonly signal: AbortSignal
  readonly onProgress?: (sent: number, failed: number) => void
  readonly onFailure?: (failure: RedriveFailure) => void
  /** Called when a copy was confirmed by its destination and deleted from the dead-letter queue. */
  readonly onDeleted?: ((id: string) => Promise<void>) | undefined
  readonly clock?: Clock
}

/** A copy that was not sent, or that was sent but not deleted from the dead-letter queue. */
export interface RedriveFailure {
  readonly id: string
  readonly cause: string
}

/** The state of a run. */
export interface Tally {
  /** Ids of copies that were received. */
  readonly met: Set<string>
  /** Ids of copies that the destination has confirmed. */
  readonly sent: Set<string>
  /** The new ids of sent messages. */
  readonly newIds: Set<string>
  /** Why copies failed, by id. */
  readonly failures: Map<string, string>
  /** Groups with a failed copy. */
  readonly stuck: Set<string>
  left: number
  /** The codes of copies that the filters do not match. */
  readonly leftCodes: CodeCounts
  cameBack: number
  behind: number
  /** The number of waves in a row in which every copy failed. */
  failedWaves: number
  /** When the next copy may be sent. */
  nextAt: number
}

/** What the functions of a run share. */
export interface RunState {
  readonly run: RedriveRun
  readonly tally: Tally
  readonly inFlight: InFlight
  readonly clock: Clock
}

/** Creates an empty tally. */
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

/** Records that a copy failed. Later copies of its group are not sent. */
export function noteFailure({ run, tally }: RunState, id: string, cause: string, group?: string): void {
  tally.failures.set(id, cause)
  if (group !== undefined) tally.stuck.add(group)
  run.onFailure?.({ id, cause })
}
