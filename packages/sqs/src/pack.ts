import type { EncodedMessage } from '@spillway/message'
import {
  attributeBytes,
  hasRoom as hasRoomWithin,
  maxQueueBytes,
  type PackedMessage as PackedWithin,
  pack as packWithin,
} from '@spillway/transport'
import { attributesOf } from './message-attributes.ts'

/** Amazon SQS quotas: the most bytes of a message, and of all entries of a batch together. */
export const maxBytes = maxQueueBytes

/** Amazon SQS quotas: the most entries of a batch request. */
export const maxEntries = 10

const limits = { maxEntries, maxBytes }

/** A message with its position in the caller's list. */
export interface PackedMessage extends PackedWithin {
  /** For a FIFO queue. It is made of the original message, even if a claim is sent in its place. */
  readonly deduplicationId?: string
}

/** The size of a message as SQS counts it: its body and its attributes. */
export function sizeOf(message: EncodedMessage): number {
  return Buffer.byteLength(message.body) + attributeBytes(attributesOf(message))
}

/** Whether a batch of some messages has room for one more. */
export function hasRoom(count: number, bytes: number, next: PackedMessage): boolean {
  return hasRoomWithin(count, bytes, next, limits)
}

/** Splits messages, in order, into batches of at most 10 entries and 1 MiB. */
export function pack(messages: readonly PackedMessage[]): readonly (readonly PackedMessage[])[] {
  return packWithin(messages, limits)
}
