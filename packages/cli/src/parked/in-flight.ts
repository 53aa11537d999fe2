import {
  ChangeMessageVisibilityBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { toError } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'

/** The messages of a queue that this process has received, and not yet deleted or put back. */
export interface InFlight {
  /** Receives up to ten messages, and waits a second for the first. */
  receive(): Promise<readonly Message[]>
  /** The receipt handle of a message. */
  handleOf(id: string): string | undefined
  /** A message is gone from the queue, or is left to its visibility time-out. */
  forget(id: string): void
  /**
   * Makes all of them visible at once. Never rejects.
   *
   * @returns how many stay invisible until their time-out, and why
   */
  release(): Promise<Unreleased>
}

/** What {@link InFlight.release} answers. */
export interface Unreleased {
  readonly count: number
  readonly cause: string | undefined
}

/** What {@link createInFlight} takes. */
export interface InFlightOptions {
  readonly client: Pick<SQSClient, 'send'>
  readonly url: string
  /** Seconds for which a message is hidden from others; while this process runs they are extended. */
  readonly visibility: number
  readonly clock: Clock
}

/** Messages of a batch request. Amazon SQS quotas. */
export const batchSize = 10

/** How many requests are under way at a time. */
const parallel = 10

/** Receives messages and keeps them hidden until they are deleted or put back. */
export function createInFlight({ client, url, visibility, clock }: InFlightOptions): InFlight {
  const handles = new Map<string, string>()
  const ended = new AbortController()
  let beating: Promise<void> | undefined

  async function beat(): Promise<void> {
    for (;;) {
      await clock.sleep((visibility * 1000) / 3, ended.signal)
      if (ended.signal.aborted) return
      await change(client, url, [...handles.values()], visibility)
    }
  }

  return {
    async receive() {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: batchSize,
          VisibilityTimeout: visibility,
          // A receive without a wait asks only some of the servers of a queue, and may find none of few messages.
          WaitTimeSeconds: 1,
          MessageAttributeNames: ['All'],
          MessageSystemAttributeNames: ['All'],
        }),
      )
      for (const { MessageId, ReceiptHandle } of Messages) {
        if (MessageId !== undefined && ReceiptHandle !== undefined) handles.set(MessageId, ReceiptHandle)
      }
      if (handles.size > 0) beating ??= beat()
      return Messages
    },
    handleOf: (id) => handles.get(id),
    forget: (id) => void handles.delete(id),
    async release() {
      ended.abort()
      await beating
      const all = [...handles.values()]
      handles.clear()
      return change(client, url, all, 0)
    },
  }
}

/** Changes the visibility of messages. Never rejects. */
async function change(
  client: Pick<SQSClient, 'send'>,
  QueueUrl: string,
  handles: readonly string[],
  VisibilityTimeout: number,
): Promise<Unreleased> {
  const batches = chunks(handles, batchSize)
  let count = 0
  let cause: string | undefined
  async function changeBatch(batch: readonly string[]): Promise<void> {
    const Entries = batch.map((ReceiptHandle, index) => ({
      Id: String(index),
      ReceiptHandle,
      VisibilityTimeout,
    }))
    try {
      const { Failed = [] } = await client.send(
        new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }),
      )
      // One whose time-out has passed is visible already.
      const hidden = Failed.filter(({ Code = '' }) => !/MessageNotInflight|ReceiptHandleIsInvalid/.test(Code))
      count += hidden.length
      cause ??= hidden[0]?.Code
    } catch (thrown) {
      count += batch.length
      cause ??= toError(thrown).message
    }
  }
  for (const some of chunks(batches, parallel)) await Promise.all(some.map(changeBatch))
  return { count, cause }
}

/** A list in parts of at most so many. */
export function chunks<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, n) =>
    list.slice(n * size, n * size + size),
  )
}
