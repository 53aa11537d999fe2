import type { Clock } from '@spillway/message/internal'
import type { Faux, FauxAnswer } from '../faux-app.ts'
import { nameOf } from '../fifo/requests.ts'
import type { MoveTask } from './move-task.ts'

interface Received {
  readonly MessageId: string
  readonly ReceiptHandle: string
  readonly Body: string
  readonly Attributes?: Readonly<Record<string, string>>
  readonly MessageAttributes?: object
}

/** Seconds for which a message is hidden while it is moved. */
const hiddenSeconds = 30

/** The most messages of one receive ("Amazon SQS quotas"). */
const mostReceived = 10

/**
 * Moves messages until as many have been moved as there were at the start, the task is cancelled, or a message cannot
 * be moved. A moved message is a new one, with a new id, a receive count of 0 and a new retention. Never rejects.
 */
export async function runMove(faux: Faux, task: MoveTask, clock: Clock): Promise<void> {
  const { stop, rate = Number.POSITIVE_INFINITY } = task
  try {
    while (task.failure === undefined && task.moved < task.toMove && !stop.signal.aborted) {
      // About ten steps per second, so that a low rate is even and a high rate is reached.
      const step = Math.min(mostReceived, Math.ceil(rate / 10), task.toMove - task.moved)
      const messages = await receive(faux, task, step)
      if (messages.length === 0) break
      await moveAll(faux, task, messages)
      await clock.sleep((messages.length / rate) * 1000, stop.signal)
    }
  } catch (thrown) {
    task.failure ??= String(thrown)
  }
  if (task.failure !== undefined) task.status = 'FAILED'
  else task.status = stop.signal.aborted && task.moved < task.toMove ? 'CANCELLED' : 'COMPLETED'
}

async function receive(faux: Faux, task: MoveTask, most: number): Promise<readonly Received[]> {
  const answer = await faux.tryCall('ReceiveMessage', {
    QueueUrl: nameOf(task.sourceArn),
    MaxNumberOfMessages: most,
    VisibilityTimeout: hiddenSeconds,
    WaitTimeSeconds: 0,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  })
  if (!answer.ok) task.failure = codeOf(answer)
  const { Messages = [] } = answer.body as { readonly Messages?: readonly Received[] }
  return Messages
}

/** Moves messages one by one, and makes those visible again that were not moved. */
async function moveAll(faux: Faux, task: MoveTask, messages: readonly Received[]): Promise<void> {
  const QueueUrl = nameOf(task.sourceArn)
  for (const [place, message] of messages.entries()) {
    const stopped = task.stop.signal.aborted
    if (!stopped) task.failure = await send(faux, task, message)
    if (stopped || task.failure !== undefined) {
      const Entries = messages.slice(place).map(({ ReceiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle,
        VisibilityTimeout: 0,
      }))
      await faux.tryCall('ChangeMessageVisibilityBatch', { QueueUrl, Entries })
      return
    }
    await faux.tryCall('DeleteMessage', { QueueUrl, ReceiptHandle: message.ReceiptHandle })
    task.moved++
  }
}

/** Sends a message to its destination; resolves with the reason when that fails. */
async function send(faux: Faux, task: MoveTask, message: Received): Promise<string | undefined> {
  const { Body, Attributes = {}, MessageAttributes } = message
  const { MessageGroupId, MessageDeduplicationId, AWSTraceHeader, DeadLetterQueueSourceArn } = Attributes
  const arn = task.destinationArn ?? DeadLetterQueueSourceArn
  // It was sent to the dead-letter queue, so SQS knows no source queue.
  if (arn === undefined) return 'CouldNotDetermineMessageSource'
  const answer = await faux.tryCall('SendMessage', {
    QueueUrl: nameOf(arn),
    MessageBody: Body,
    MessageAttributes,
    MessageGroupId,
    MessageDeduplicationId,
    ...(AWSTraceHeader !== undefined && {
      MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: AWSTraceHeader } },
    }),
  })
  return answer.ok ? undefined : codeOf(answer)
}

/** The name of an error, which is the failure reason of a task. */
function codeOf({ body }: FauxAnswer): string {
  const code = String((Object(body) as { readonly __type?: unknown }).__type).replace(/^.*#/, '')
  return code === 'QueueDoesNotExist' ? 'AWS.SimpleQueueService.NonExistentQueue' : code
}
