import {
  ChangeMessageVisibilityBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { toError } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'

/** The messages that this process has received and neither deleted nor made visible again. */
export interface InFlight {
  /** Receives up to ten messages, and waits a second for the first. */
  receive(): Promise<readonly Message[]>
  /** The receipt handle of a message. */
  handleOf(id: string): string | undefined
  /** Called when a message is deleted, or when its visibility time-out may expire. */
  forget(id: string): void
  /**
   * Makes all of them visible again. Never rejects.
   *
   * @returns how many stay invisible until their visibility time-out, and why
   */
  release(): Promise<Unreleased>
}

/** The result of {@link InFlight.release}. */
export interface Unreleased {
  readonly count: number
  readonly cause: string | undefined
}

/** What {@link createInFlight} takes. */
export interface InFlightOptions {
  readonly client: Pick<SQSClient, 'send'>
  readonly url: string
  /** The visibility time-out in seconds. It is extended while this process runs. */
  readonly visibility: number
  readonly clock: Clock
}

/** The most messages in a batch request (Amazon SQS quotas). */
export const batchSize = 10

/** The most concurrent requests. */
const parallel = 10

/** Receives messages and keeps them invisible until they are deleted or released. */
export function createInFlight({ client, url, visibility, clock }: InFlightOptions): InFlight {
  const handles = new Map<string, string>()
  const ended = new AbortController()
  let extending: Promise<void> | undefined

  async function extend(): Promise<void> {
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
          // Without a wait SQS asks only some of its servers and may miss the messages of a short queue.
          WaitTimeSeconds: 1,
          MessageAttributeNames: ['All'],
          MessageSystemAttributeNames: ['All'],
        }),
      )
      for (const { MessageId, ReceiptHandle } of Messages) {
        if (MessageId !== undefined && ReceiptHandle !== undefined) handles.set(MessageId, ReceiptHandle)
      }
      if (handles.size > 0) extending ??= extend()
      return Messages
    },
    handleOf: (id) => handles.get(id),
    forget: (id) => void handles.delete(id),
    async release() {
      ended.abort()
      await extending
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
      // A message whose visibility time-out has passed is visible already.
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

/** Splits a list into parts of at most `size`. */
export function chunks<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, n) =>
    list.slice(n * size, n * size + size),
  )
}
