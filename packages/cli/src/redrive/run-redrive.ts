import type { Message } from '@aws-sdk/client-sqs'
import { type Clock, systemClock } from '@spillway/message/internal'
import { batchSize, createInFlight, type InFlight, type Unreleased } from '../parked/in-flight.ts'
import type { OpenQueue } from '../parked/open-queue.ts'
import { type ParkedCopy, readCopy } from '../parked/read-copy.ts'
import { errorText } from './batch-requests.ts'
import type { CopyTarget } from './copy-target.ts'
import { deleteCopies } from './delete-copies.ts'
import type { Outgoing } from './returned-message.ts'
import { wavesOf } from './waves.ts'

/** What {@link runRedrive} takes. */
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
  readonly clock?: Clock
}

/** A copy that did not go back, or is still in the dead-letter queue although it did. */
export interface RedriveFailure {
  readonly id: string
  readonly cause: string
}

/** What a run did. */
export interface RedriveResult {
  /** Copies whose queue or stream has confirmed them. */
  readonly sent: number
  readonly failures: readonly RedriveFailure[]
  /** Copies that were looked at and not chosen, or that the editor left. */
  readonly left: number
  /** Copies that wait behind a failed one of their group. */
  readonly behind: number
  /** Copies of messages that this run sent, and that were parked anew. */
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

/** Waves in a row that fail as a whole, after which a run gives up. */
const mostFailedWaves = 3

interface Counts {
  /** Ids of copies that were met. */
  readonly met: Set<string>
  /** Ids of copies that are confirmed. */
  readonly sent: Set<string>
  /** The ids that messages got when they were sent. */
  readonly newIds: Set<string>
  readonly failures: Map<string, string>
  /** Groups of which one copy failed. */
  readonly stuck: Set<string>
  left: number
  cameBack: number
  behind: number
  failedWaves: number
  /** When the next copy may be sent. */
  nextAt: number
}

/**
 * Sends copies back, and deletes each from the dead-letter queue once its queue or stream has confirmed it. A run that
 * ends early has lost nothing, and the next one goes on. Never rejects.
 */
export async function runRedrive(run: RedriveRun): Promise<RedriveResult> {
  const { queue, signal, limit, clock = systemClock } = run
  const inFlight = createInFlight({ ...queue, visibility: holdSeconds, clock })
  const counts: Counts = {
    met: new Set(),
    sent: new Set(),
    newIds: new Set(),
    failures: new Map(),
    stuck: new Set(),
    left: 0,
    cameBack: 0,
    behind: 0,
    failedWaves: 0,
    nextAt: clock.now(),
  }
  let stopped: string | undefined
  let nothingNew = 0
  try {
    while (!signal.aborted && nothingNew < fruitless && counts.sent.size < limit) {
      const messages = await inFlight.receive()
      if (messages.length === 0) break
      const fresh = await meet(run, messages, counts, inFlight, clock)
      nothingNew = fresh.some(({ isNew }) => isNew) ? 0 : nothingNew + 1
      const chosen = fresh.flatMap(({ copy }) => copy ?? [])
      await sendAll(run, chosen.slice(0, limit - counts.sent.size), counts, inFlight, clock)
      if (counts.failedWaves >= mostFailedWaves) {
        stopped = `${mostFailedWaves} requests in a row failed`
        break
      }
    }
  } catch (thrown) {
    stopped = errorText(thrown)
  }
  const unreleased = await inFlight.release()
  const { sent, failures, left, behind, cameBack } = counts
  return {
    sent: sent.size,
    failures: [...failures].map(([id, cause]) => ({ id, cause })),
    left,
    behind,
    cameBack,
    interrupted: signal.aborted,
    stopped,
    unreleased,
  }
}

/** Sorts what was received: copies to send, copies to leave, and copies that were sent and came again. */
async function meet(
  { queue, isSelected }: RedriveRun,
  messages: readonly Message[],
  counts: Counts,
  inFlight: InFlight,
  clock: Clock,
): Promise<readonly { readonly isNew: boolean; readonly copy?: ParkedCopy }[]> {
  const met: { isNew: boolean; copy?: ParkedCopy }[] = []
  for (const message of messages) {
    const { MessageId: id = '', ReceiptHandle = '' } = message
    if (counts.sent.has(id)) {
      inFlight.forget(id)
      const [cause] = await deleteCopies(queue.client, queue.url, [ReceiptHandle], clock)
      if (cause === undefined) counts.failures.delete(id)
    }
    if (counts.met.has(id)) {
      met.push({ isNew: false })
      continue
    }
    counts.met.add(id)
    const copy = await readCopy(message)
    // Parked anew while this run goes on: to send it again would go round and round.
    const isBack = counts.newIds.has(copy.id) || counts.newIds.has(copy.originalId ?? '')
    const selected = !isBack && isSelected(copy)
    if (isBack) counts.cameBack++
    else if (!selected) counts.left++
    met.push({ isNew: true, ...(selected && { copy }) })
  }
  return met
}

async function sendAll(
  run: RedriveRun,
  copies: readonly ParkedCopy[],
  counts: Counts,
  inFlight: InFlight,
  clock: Clock,
): Promise<void> {
  const { signal, target, rate, edit } = run
  const most = edit === undefined ? Math.max(1, Math.min(batchSize, Math.floor(rate / 2))) : 1
  for (const wave of wavesOf(copies, most, target.ordered)) {
    const outgoing: Outgoing[] = []
    for (const { copy, group } of wave) {
      if (signal.aborted || counts.failedWaves >= mostFailedWaves) return
      if (group !== undefined && counts.stuck.has(group)) {
        counts.behind++
        continue
      }
      const made = await editOne(run, copy, group, counts)
      if (made !== undefined) outgoing.push(made)
    }
    if (outgoing.length === 0) continue
    await clock.sleep(Math.max(0, counts.nextAt - clock.now()), signal)
    if (signal.aborted) return
    counts.nextAt = Math.max(counts.nextAt, clock.now()) + (outgoing.length / rate) * 1000
    await sendWave(
      run,
      outgoing,
      new Map(wave.map(({ copy, group }) => [copy.id, group])),
      counts,
      inFlight,
      clock,
    )
    run.onProgress?.(counts.sent.size, counts.failures.size)
  }
}

async function editOne(
  { edit, onFailure }: RedriveRun,
  copy: ParkedCopy,
  group: string | undefined,
  counts: Counts,
): Promise<Outgoing | undefined> {
  if (edit === undefined) return { copy, edited: undefined }
  try {
    const made = await edit(copy)
    if (made === undefined) counts.left++
    return made
  } catch (thrown) {
    const cause = errorText(thrown)
    counts.failures.set(copy.id, cause)
    if (group !== undefined) counts.stuck.add(group)
    onFailure?.({ id: copy.id, cause })
    return undefined
  }
}

async function sendWave(
  { queue, target, onFailure }: RedriveRun,
  outgoing: readonly Outgoing[],
  groups: ReadonlyMap<string, string | undefined>,
  counts: Counts,
  inFlight: InFlight,
  clock: Clock,
): Promise<void> {
  function fail(id: string, cause: string): void {
    counts.failures.set(id, cause)
    onFailure?.({ id, cause })
  }
  const results = await target.send(outgoing)
  const confirmed: { readonly id: string; readonly handle: string }[] = []
  let unavailable = 0
  for (const [place, { copy }] of outgoing.entries()) {
    const result = results[place]
    if (result?.sent === true) {
      counts.sent.add(copy.id)
      if (result.newId !== '') counts.newIds.add(result.newId)
      confirmed.push({ id: copy.id, handle: inFlight.handleOf(copy.id) ?? '' })
      continue
    }
    const group = groups.get(copy.id)
    if (group !== undefined) counts.stuck.add(group)
    if (result?.own !== true) unavailable++
    fail(copy.id, result?.cause ?? 'it was not sent')
  }
  counts.failedWaves = unavailable === outgoing.length ? counts.failedWaves + 1 : 0
  const handles = confirmed.map(({ handle }) => handle)
  const causes = await deleteCopies(queue.client, queue.url, handles, clock)
  for (const [place, { id }] of confirmed.entries()) {
    const cause = causes[place]?.cause
    if (cause === undefined) {
      inFlight.forget(id)
      continue
    }
    // It stays hidden until the end of the run, which must not send it again.
    fail(
      id,
      `It was sent back, but could not be deleted from the dead-letter queue (${cause}). The next run sends it again; its key makes one effect of both.`,
    )
  }
}
