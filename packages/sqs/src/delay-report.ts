import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { type Logger, SpillwayError, type TimeLimit } from '@spillway/message'
import { type Clock, isThrottled } from '@spillway/message/internal'
import { within } from '@spillway/transport'
import type { SqsClient } from './client.ts'

/** The queue whose records are delayed. */
export interface DelayQueue {
  readonly client: SqsClient
  readonly queueUrl: string
  readonly logger: Logger
  readonly clock: Clock
}

/** The results of the requests of a batch. */
export interface DelayRequests {
  /** A code for each record or request that failed. */
  readonly failures: readonly string[]
  /** The first error, except for aborted requests. */
  readonly error: Error | undefined
  /** How many requests were sent. */
  readonly sent: number
  /** How many requests SQS answered. It may have refused some of their records. */
  readonly answered: number
}

/** The code of records for which there was no time. */
export const late = 'SPILLWAY_DEADLINE'

/** Milliseconds after which the request for the attributes of the queue is aborted. */
const attributesMs = 1000

/**
 * Creates the function that logs failures. If the function can delay no record at all, because it lacks a permission or
 * cannot reach SQS, that is an error with its consequence, once for each source: it would matter only in the first outage.
 * Other failures are a warning for each batch.
 */
export function createDelayReport(
  queue: DelayQueue,
): (requests: DelayRequests, limit: TimeLimit) => Promise<void> {
  let hasWorked = false
  let isTold = false

  return async function report({ failures, error, sent, answered }, limit) {
    if (answered > 0) hasWorked = true
    // Any other failure is more telling than one of time.
    const code = failures.find((failure) => failure !== late) ?? failures[0]
    if (code === undefined) return
    const denied = isDenied(error)
    const seemsCut = !hasWorked && sent > 0 && !isThrottled(error)
    if ((denied || seemsCut) && !isTold) {
      isTold = true
      await tell(queue, denied, error, limit)
    } else if (!denied) {
      queue.logger.warn(`spillway: the visibility of failed records was not changed. ${hintOf(code)}`, {
        code,
        ...(error !== undefined && { error }),
      })
    }
  }
}

function hintOf(code: string): string {
  if (code === late) return 'No time was left, so the time-out of the queue applies.'
  return 'The time-out of the queue applies.'
}

function isDenied(error: Error | undefined): boolean {
  const { name, $metadata } = Object(error) as {
    readonly name?: unknown
    readonly $metadata?: { readonly httpStatusCode?: number }
  }
  return String(name).startsWith('AccessDenied') || $metadata?.httpStatusCode === 403
}

async function tell(queue: DelayQueue, denied: boolean, cause: Error | undefined, limit: TimeLimit) {
  const { logger, queueUrl } = queue
  const what = denied
    ? 'the role of the function lacks the permission sqs:ChangeMessageVisibility on its queue.'
    : 'the function could not call ChangeMessageVisibilityBatch of SQS. Can it reach SQS from its VPC?'
  const code = 'SPILLWAY_VISIBILITY_UNCHANGED'
  const error = new SpillwayError(code, `${what} ${consequence(await numbersOf(queue, limit))}`, { cause })
  logger.error(`spillway: ${error.message}`, { code, queueUrl, error })
}

/** The attributes of a queue on which the consequence depends. */
interface QueueNumbers {
  /** Seconds. */
  readonly visibilityTimeout: number
  /** `undefined` for a queue without a dead-letter queue. */
  readonly maxReceiveCount: number | undefined
}

function consequence(numbers: QueueNumbers | undefined): string {
  const back =
    'Until that is repaired no back-off applies: failed records are delivered again after the visibility time-out of the queue'
  if (numbers === undefined) {
    return `${back}, and in an outage healthy messages reach the dead-letter queue after (maxReceiveCount - 1) times as long.`
  }
  const { visibilityTimeout, maxReceiveCount } = numbers
  if (maxReceiveCount === undefined) return `${back} (${visibilityTimeout} s).`
  const seconds = (maxReceiveCount - 1) * visibilityTimeout
  return `${back} (${visibilityTimeout} s), and healthy messages reach the dead-letter queue after ${seconds} s of an outage (maxReceiveCount ${maxReceiveCount}).`
}

/** Reads the attributes of a queue; `undefined` if that fails. The managed policy of AWS for queues allows it. */
async function numbersOf(
  { client, queueUrl, clock }: DelayQueue,
  limit: TimeLimit,
): Promise<QueueNumbers | undefined> {
  const command = new GetQueueAttributesCommand({
    QueueUrl: queueUrl,
    AttributeNames: ['VisibilityTimeout', 'RedrivePolicy'],
  })
  try {
    const ask = ({ signal }: TimeLimit) => client.send(command, { abortSignal: signal })
    const { Attributes: { VisibilityTimeout, RedrivePolicy } = {} } = await within(
      limit,
      attributesMs,
      ask,
      clock,
    )
    if (VisibilityTimeout === undefined) return undefined
    const policy = Object(JSON.parse(RedrivePolicy ?? '{}')) as { readonly maxReceiveCount?: unknown }
    const { maxReceiveCount } = policy
    return {
      visibilityTimeout: Number(VisibilityTimeout),
      maxReceiveCount: maxReceiveCount === undefined ? undefined : Number(maxReceiveCount),
    }
  } catch {
    return undefined
  }
}
