import { DeleteMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { Clock } from '@spillway/message/internal'
import { confirmAll, type Unconfirmed } from './batch-requests.ts'

/** Deletes messages. Resolves with why each was not confirmed, or `undefined`. Never rejects. */
export function deleteCopies(
  client: Pick<SQSClient, 'send'>,
  QueueUrl: string,
  handles: readonly string[],
  clock: Clock,
): Promise<readonly (Unconfirmed | undefined)[]> {
  return confirmAll(
    handles.length,
    async (places) => {
      const Entries = places.map((place) => ({ Id: String(place), ReceiptHandle: handles[place] ?? '' }))
      const { Successful = [], Failed = [] } = await client.send(
        new DeleteMessageBatchCommand({ QueueUrl, Entries }),
      )
      return { confirmed: Successful.map(({ Id = '' }) => Id), failed: Failed }
    },
    clock,
  )
}
