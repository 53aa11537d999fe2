import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { SpillwayError } from '@spillway/message'
import { unreadable } from './unreadable.ts'

/** Attributes of a queue. */
export interface QueueFacts {
  readonly arn: string | undefined
  readonly visible: number
  readonly inFlight: number
  /** The `maxReceiveCount` of its redrive policy; `undefined` for a queue without one. */
  readonly maxReceiveCount: number | undefined
}

/**
 * Reads the attributes of a queue.
 *
 * @throws SpillwayError `SPILLWAY_START_FAILED` when the queue cannot be read
 */
export async function readQueueFacts(client: Pick<SQSClient, 'send'>, url: string): Promise<QueueFacts> {
  try {
    const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] })
    const { Attributes = {} } = await client.send(command)
    return {
      arn: Attributes.QueueArn,
      visible: Number(Attributes.ApproximateNumberOfMessages ?? 0),
      inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
      maxReceiveCount: readMaxReceiveCount(Attributes.RedrivePolicy),
    }
  } catch (thrown) {
    throw unreadable(url, thrown)
  }
}

function readMaxReceiveCount(policy: string | undefined): number | undefined {
  if (policy === undefined || policy === '') return undefined
  const { maxReceiveCount } = JSON.parse(policy) as { readonly maxReceiveCount?: number | string }
  return maxReceiveCount === undefined ? undefined : Number(maxReceiveCount)
}

/** A queue with a redrive policy is read without `--force` only if its `maxReceiveCount` is greater than this. */
const fewReceives = 10

/**
 * Refuses to read a queue whose own redrive policy would move messages after a few receives, for example a source queue
 * that the user took for its dead-letter queue.
 *
 * @param warn gets a warning when the policy allows more receives
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when it refuses
 */
export function checkReceives(
  { maxReceiveCount }: QueueFacts,
  url: string,
  force: boolean,
  warn: (text: string) => void,
): void {
  if (maxReceiveCount === undefined) return
  const what = `The queue ${url} has its own redrive policy: it moves a message after ${maxReceiveCount} receives, and each read is a receive.`
  if (maxReceiveCount <= fewReceives && !force) {
    throw new SpillwayError(
      'SPILLWAY_OPTION_INVALID',
      `${what} Is it really the dead-letter queue? --force reads it anyway.`,
    )
  }
  warn(what)
}
