import {
  ChangeMessageVisibilityBatchCommand,
  type ChangeMessageVisibilityBatchCommandOutput,
  SendMessageCommand,
} from '@aws-sdk/client-sqs'
import type { Clock } from '@spillway/message/internal'
import type { SqsClient } from '@spillway/sqs'

/** The effects of requests to SQS. */
export interface QueueRequests {
  /** Whether the function may call `sqs:ChangeMessageVisibility`. */
  readonly mayChangeVisibility: boolean
  changeVisibility(receiptHandle: string, seconds: number): void
  /** A copy is sent to the dead-letter queue with the code of the reason. */
  park(code: string): void
}

/** The duration of a request in milliseconds. */
const requestTime = 10

/** Creates an SQS client for the source of one environment. A request takes effect when it is sent. */
export function createQueueClient(clock: Clock, requests: QueueRequests): SqsClient {
  async function send(command: unknown): Promise<unknown> {
    if (command instanceof SendMessageCommand) {
      requests.park(String(command.input.MessageAttributes?.['spillway.code']?.StringValue))
      await clock.sleep(requestTime)
      return { MessageId: 'copy', $metadata: {} }
    }
    if (!(command instanceof ChangeMessageVisibilityBatchCommand))
      throw new Error('the simulator does not support this request')
    const { Entries = [] } = command.input
    if (requests.mayChangeVisibility) {
      for (const { ReceiptHandle, VisibilityTimeout } of Entries) {
        requests.changeVisibility(String(ReceiptHandle), Number(VisibilityTimeout))
      }
    }
    await clock.sleep(requestTime)
    if (!requests.mayChangeVisibility) throw accessDenied()
    return { Successful: [], Failed: [], $metadata: {} } satisfies ChangeMessageVisibilityBatchCommandOutput
  }
  return { send: send as SqsClient['send'] }
}

function accessDenied(): Error {
  const error = new Error('not authorized to perform: sqs:changemessagevisibility')
  return Object.assign(error, { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } })
}
