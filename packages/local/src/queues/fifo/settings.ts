import type { Faux } from '../faux-app.ts'

/** The attributes of a queue that a receive depends on. */
export interface FifoSettings {
  readonly arn: string
  /** Seconds. */
  readonly visibilityTimeout: number
  /** Seconds. */
  readonly wait: number
  /** Infinite without a dead-letter queue. */
  readonly maxReceiveCount: number
  readonly deadLetterArn: string
}

/** Reads them from fauxqs, which keeps the attributes of queues. */
export async function readSettings(faux: Faux, name: string): Promise<FifoSettings> {
  const request = { QueueUrl: name, AttributeNames: ['All'] }
  const { Attributes } = (await faux.call('GetQueueAttributes', request, { uncorrected: true })) as {
    readonly Attributes: Readonly<Record<string, string>>
  }
  const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(Attributes.RedrivePolicy ?? '{}') as {
    readonly deadLetterTargetArn?: string
    readonly maxReceiveCount?: number | string
  }
  // SQS rejects a standard queue here, and this could not deliver to it.
  const hasDeadLetterQueue = deadLetterTargetArn?.endsWith('.fifo') === true
  return {
    arn: Attributes.QueueArn ?? '',
    visibilityTimeout: Number(Attributes.VisibilityTimeout),
    wait: Number(Attributes.ReceiveMessageWaitTimeSeconds),
    maxReceiveCount: hasDeadLetterQueue ? Number(maxReceiveCount) : Number.POSITIVE_INFINITY,
    deadLetterArn: deadLetterTargetArn ?? '',
  }
}
