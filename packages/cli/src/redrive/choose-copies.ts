import type { Message } from '@aws-sdk/client-sqs'
import { countCode } from '../parked/code-counts.ts'
import { type ParkedCopy, readCopy } from '../parked/read-copy.ts'
import { deleteCopies } from './delete-copies.ts'
import type { RunState } from './redrive-run.ts'

/** The result of {@link chooseCopies}. */
export interface Chosen {
  /** Copies to send. */
  readonly copies: readonly ParkedCopy[]
  /** Whether a message was new to this run. */
  readonly isNew: boolean
}

/** Chooses the copies to send among received messages, and deletes those that were sent but not yet deleted. */
export async function chooseCopies(state: RunState, messages: readonly Message[]): Promise<Chosen> {
  const { run, tally } = state
  const copies: ParkedCopy[] = []
  let isNew = false
  for (const message of messages) {
    const { MessageId: id = '' } = message
    if (tally.sent.has(id)) await deleteAgain(state, message)
    if (tally.met.has(id)) continue
    tally.met.add(id)
    isNew = true
    const copy = await readCopy(message)
    // It was parked again during this run. Sending it again could go on forever.
    if (tally.newIds.has(copy.id) || tally.newIds.has(copy.originalId ?? '')) tally.cameBack++
    else if (run.isSelected(copy)) copies.push(copy)
    else {
      tally.left++
      countCode(tally.leftCodes, copy)
    }
  }
  return { copies, isNew }
}

/** Deletes a copy that was sent but could not be deleted before. */
async function deleteAgain(
  { run, tally, inFlight, clock }: RunState,
  { MessageId: id = '', ReceiptHandle = '' }: Message,
): Promise<void> {
  inFlight.forget(id)
  const [cause] = await deleteCopies(run.queue.client, run.queue.url, [ReceiptHandle], clock)
  if (cause !== undefined) return
  tally.failures.delete(id)
  await run.onDeleted?.(id)
}
