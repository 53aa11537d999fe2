import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { SpillwayError } from '@spillway/message'
import { unreadable } from './unreadable.ts'

/** What a queue says of itself. */
export interface QueueFacts {
  readonly arn: string | undefined
  readonly visible: number
  readonly inFlight: number
  /** After how many receives it moves a message on; `undefined` for a queue without a redrive policy. */
  readonly maxReceiveCount: number | undefined
}

/**
 * Reads the attributes of a queue.
 *
 * @throws SpillwayError `SPILLWAY_START_FAILED` when the queue cannot be asked
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

/** Receives that a queue with a redrive policy of its own has to allow before its messages are looked at. */
const fewReceives = 10

/**
 * Refuses to receive from a queue whose own redrive policy would move messages on after a few looks: a live queue that
 * was taken for its dead-letter queue, for example.
 *
 * @param warn gets what is to be said of a policy that allows more
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID`
 */
export function checkReceives(
  { maxReceiveCount }: QueueFacts,
  url: string,
  force: boolean,
  warn: (text: string) => void,
): void {
  if (maxReceiveCount === undefined) return
  const what = `The queue ${url} has a redrive policy of its own: it moves a message on after ${maxReceiveCount} receives, and each look is a receive.`
  if (maxReceiveCount <= fewReceives && !force) {
    throw new SpillwayError(
      'SPILLWAY_OPTION_INVALID',
      `${what} Is it the dead-letter queue? With --force it is looked at all the same.`,
    )
  }
  warn(what)
}
