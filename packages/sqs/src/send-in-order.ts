import type { SendResult } from '@spillway/message'
import { notConfirmed } from '@spillway/message/internal'
import { groupOf } from './group.ts'
import type { PackedMessage } from './pack.ts'

/**
 * Sends messages so that each group stays in order: SQS may take one entry of a request and refuse another, so no
 * request has two messages of a group, and a group ends at its first message that was not confirmed.
 *
 * Wave by wave: each has the next message of each group that goes on. One group alone takes a request for each message.
 */
export async function sendInOrder<Message extends PackedMessage>(
  messages: readonly Message[],
  sendAll: (wave: readonly Message[]) => Promise<ReadonlyMap<number, SendResult>>,
): Promise<ReadonlyMap<number, SendResult>> {
  const results = new Map<number, SendResult>()
  let groups = [...Map.groupBy(messages, groupOf).values()]
  for (let place = 0; groups.length > 0; place++) {
    const wave = groups.map((group) => group[place] as Message)
    const sent = await sendAll(wave)
    for (const { index } of wave) results.set(index, sent.get(index) as SendResult)
    const going: Message[][] = []
    for (const group of groups) {
      const last = group[place] as Message
      if (results.get(last.index)?.status !== 'accepted') {
        for (const { index } of group.slice(place + 1)) results.set(index, behindAnother)
      } else if (group.length > place + 1) {
        going.push(group)
      }
    }
    groups = going
  }
  return results
}

const behindAnother = notConfirmed('an earlier one of its group was not confirmed, so it was not sent')
