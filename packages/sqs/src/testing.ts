/**
 * Helpers for the tests of an app: events as Lambda delivers them, and a claim store in memory.
 *
 * @module
 */
import type { ClaimStore, MessageDefinition, MessageInput } from '@spillway/message'
import { envelopeOf, type TestFacts } from '@spillway/message/testing'
import type { SQSEvent } from 'aws-lambda'
import { toDeduplicationId } from './entry.ts'

/** The facts of the records of a test. */
export interface SqsEventFacts extends Pick<TestFacts, 'time' | 'key' | 'traceparent' | 'receiveCount'> {
  /** The name of the queue. If it ends in `.fifo`, the lane of a record is its group. Default `test`. */
  readonly queue?: string
}

/**
 * Makes an event of an SQS queue with a record for each input, for a handler with `sqsSource`.
 *
 * @example
 * ```ts
 * import { defineMessage } from '@spillway/message'
 * import { sqsEvent } from '@spillway/sqs/testing'
 * import * as z from 'zod'
 *
 * const order = defineMessage({ name: 'order.placed', schema: z.object({ id: z.string() }), key: (body) => body.id })
 *
 * export const event = await sqsEvent(order, [{ id: 'a' }, { id: 'b' }])
 * ```
 *
 * @param inputs the bodies as a client sends them; the schema validates each, as `enqueue` does
 * @throws SpillwayError `SPILLWAY_BODY_INVALID` with the issues, when the schema refuses an input.
 */
export async function sqsEvent<Definition extends MessageDefinition>(
  definition: Definition,
  inputs: readonly MessageInput<Definition>[],
  facts: SqsEventFacts = {},
): Promise<SQSEvent> {
  const { queue = 'test', receiveCount = 1, ...message } = facts
  const envelopes = await Promise.all(inputs.map((input) => envelopeOf(definition, input, message)))
  return {
    Records: envelopes.map((body, index) => {
      const { key, group } = JSON.parse(body) as { readonly key: string; readonly group?: string }
      return {
        messageId: `message-${index}`,
        receiptHandle: `receipt-${index}`,
        body,
        attributes: {
          ApproximateReceiveCount: String(receiveCount),
          SentTimestamp: String((message.time ?? new Date(0)).getTime()),
          SenderId: 'test',
          ApproximateFirstReceiveTimestamp: '0',
          ...(queue.endsWith('.fifo')
            ? {
                MessageGroupId: group ?? key,
                MessageDeduplicationId: toDeduplicationId({ key, group, body }),
              }
            : group !== undefined && { MessageGroupId: group }),
        },
        messageAttributes: {},
        md5OfBody: '',
        eventSource: 'aws:sqs',
        eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${queue}`,
        awsRegion: 'us-east-1',
      }
    }),
  }
}

/** A claim store in memory. */
export interface MemoryClaimStore extends ClaimStore {
  /** The stored texts by their keys. A test may delete some, as a lifecycle rule does. */
  readonly texts: Map<string, string>
}

/** Creates a claim store in memory, for `claimCheck` of a target and of a source. */
export function memoryClaimStore(): MemoryClaimStore {
  const texts = new Map<string, string>()
  return {
    texts,
    async put(key, text) {
      texts.set(key, text)
    },
    get: async (key) => texts.get(key),
  }
}
