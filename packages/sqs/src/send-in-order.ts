import type { SendResult } from '@spillway/message'
import { notConfirmed } from '@spillway/transport'
import { groupOf } from './group.ts'
import type { PackedMessage } from './pack.ts'

/**
 * Sends messages so that each group stays in order. SQS may accept one entry of a request and refuse another, so no request
 * has two messages of a group, and a group stops at its first message that was not confirmed.
 *
 * It sends in waves: each wave has the next message of each group that goes on. A single group takes a request for each
 * message.
 *
 * @param results the results by the index of each message; `sendAll` sets those of its wave
 */
export async function sendInOrder<Message extends PackedMessage>(
  messages: readonly Message[],
  results: SendResult[],
  sendAll: (wave: readonly Message[]) => Promise<void>,
): Promise<void> {
  let groups = [...Map.groupBy(messages, groupOf).values()]
  for (let place = 0; groups.length > 0; place++) {
    await sendAll(groups.map((group) => group[place] as Message))
    groups = groups.filter((group) => {
      const { index } = group[place] as Message
      const rest = group.slice(place + 1)
      if (results[index]?.status === 'accepted') return rest.length > 0
      for (const { index } of rest) results[index] = behindAnother
      return false
    })
  }
}

const behindAnother = notConfirmed('an earlier message of its group was not confirmed, so it was not sent')
