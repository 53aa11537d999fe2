import type { SendResult } from '@spillway/message'
import { groupOf } from './group.ts'
import type { PackedMessage } from './pack.ts'
import { notConfirmed } from './rejection.ts'

/**
 * Sends messages so that each group stays in order: SQS may take one entry of a request and refuse another, so no
 * request has two messages of a group, and a group ends at its first message that was not confirmed.
 */
export async function sendInOrder<Message extends PackedMessage>(
  messages: readonly Message[],
  sendAll: (wave: readonly Message[]) => Promise<ReadonlyMap<number, SendResult>>,
): Promise<ReadonlyMap<number, SendResult>> {
  const results = new Map<number, SendResult>()
  const stopped = new Set<string>()
  let waiting = messages
  while (waiting.length > 0) {
    const wave = new Map<string, Message>()
    const later: Message[] = []
    for (const next of waiting) {
      const group = groupOf(next)
      if (stopped.has(group)) results.set(next.index, behindAnother)
      else if (wave.has(group)) later.push(next)
      else wave.set(group, next)
    }
    const sent = await sendAll([...wave.values()])
    for (const [group, { index }] of wave) {
      const result = sent.get(index) as SendResult
      results.set(index, result)
      if (result.status !== 'accepted') stopped.add(group)
    }
    waiting = later
  }
  return results
}

const behindAnother = notConfirmed('an earlier one of its group was not confirmed, so it was not sent')
