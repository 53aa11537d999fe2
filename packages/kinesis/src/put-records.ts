import { PutRecordsCommand } from '@aws-sdk/client-kinesis'
import type { SendResult, Telemetry, TimeLimit } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { type PackSender, sendPack } from '@spillway/transport'
import { readAnswer } from './answer.ts'
import type { KinesisSendClient } from './client.ts'
import { isEntryFault } from './entry-fault.ts'
import type { OutgoingRecord } from './precheck.ts'
import type { StreamOf } from './stream-name.ts'

/** What sending records needs of the target. */
export interface SendContext {
  readonly client: KinesisSendClient
  readonly stream: StreamOf
  readonly maxAttempts: number
  readonly clock: Clock
  readonly random: () => number
  readonly telemetry: Telemetry
}

/** Milliseconds after which a request is aborted and repeated. Kinesis answers in tens of milliseconds; 10 MiB take longer. */
const attemptMs = 5000

/** Creates the sender for one kind of requests. */
export function toSender(context: SendContext, request: PackSender['request']): PackSender {
  return {
    ...context,
    target: 'kinesis',
    attemptMs,
    isEntryFault,
    request,
  }
}

/** Sends one pack, and retries records that were not confirmed. Resolves to one result for each, in order. Never rejects. */
export function putRecords(
  records: readonly OutgoingRecord[],
  context: SendContext,
  limit: TimeLimit,
): Promise<readonly SendResult[]> {
  const { client, stream } = context
  const sender = toSender(context, async (part, signal) => {
    const Records = part.map((position) => {
      const { message, partitionKey } = records[position] as OutgoingRecord
      return { Data: Buffer.from(message.body), PartitionKey: partitionKey }
    })
    const command = new PutRecordsCommand({ ...stream, Records })
    return readAnswer(part, await client.send(command, { abortSignal: signal }))
  })
  return sendPack(records.length, sender, limit)
}
