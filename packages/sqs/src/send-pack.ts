import { SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import type { SendResult, Telemetry, TimeLimit } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { type PackSender, type PackWatcher, sendPack as send } from '@spillway/transport'
import { readAnswer, readConfirmation } from './answer.ts'
import type { SqsClient } from './client.ts'
import { toFields } from './entry.ts'
import { isEntryFault } from './entry-fault.ts'
import type { PackedMessage } from './pack.ts'

/** What {@link sendPack} needs of the target. */
export interface SendContext {
  readonly client: SqsClient
  readonly queueUrl: string
  readonly fifo: boolean
  readonly maxAttempts: number
  readonly clock: Clock
  readonly random: () => number
  readonly telemetry: Telemetry
}

/** Milliseconds after which a request is aborted and repeated. SQS answers in tens of milliseconds. */
const attemptMs = 3000

/** Sends one pack, and retries messages that were not confirmed. Resolves to one result for each, in order. Never rejects. */
export function sendPack(
  messages: readonly PackedMessage[],
  context: SendContext,
  limit: TimeLimit,
  watcher?: PackWatcher,
): Promise<readonly SendResult[]> {
  const { client, queueUrl, fifo } = context
  const fieldsOf = (position: number) => toFields(messages[position] as PackedMessage, fifo)
  const sender: PackSender = {
    ...context,
    target: 'sqs',
    attemptMs,
    isEntryFault,
    async request(part, signal) {
      const [first = 0] = part
      if (part.length === 1) {
        // A batch of one takes more time, and its answer has no more information.
        const command = new SendMessageCommand({ QueueUrl: queueUrl, ...fieldsOf(first) })
        return readConfirmation(first, await client.send(command, { abortSignal: signal }))
      }
      const Entries = part.map((position) => ({ Id: String(position), ...fieldsOf(position) }))
      const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries })
      return readAnswer(part, await client.send(command, { abortSignal: signal }))
    },
  }
  return send(messages.length, sender, limit, watcher)
}
