import type { PutRecordsCommandOutput } from '@aws-sdk/client-kinesis'
import type { SendResult } from '@spillway/message'
import { isThrottle } from '@spillway/message/internal'
import { notConfirmed, type Part, type Sent, toCause } from '@spillway/transport'
import { isSequenceNumber } from './sequence-number.ts'

/**
 * Reads the result of each record of a request. Records have no ids in the answer, only positions, so an answer with
 * another number of records is ignored. Fails closed: a record without a sequence number is not confirmed.
 *
 * Source: Amazon Kinesis Data Streams API Reference, PutRecords.
 */
export function readAnswer(part: Part, { Records = [] }: Pick<PutRecordsCommandOutput, 'Records'>): Sent {
  const results = new Map<number, SendResult>()
  const aligned = Array.isArray(Records) && Records.length === part.length
  let throttled = false
  for (const [place, position] of part.entries()) {
    const entry = aligned ? Records[place] : undefined
    throttled ||= isThrottle(entry?.ErrorCode)
    results.set(position, toResult(entry))
  }
  return { results, throttled }
}

/** The part of an answer that is about one record. */
interface AnsweredRecord {
  readonly SequenceNumber?: string | undefined
  readonly ErrorCode?: string | undefined
  readonly ErrorMessage?: string | undefined
}

function toResult(entry: AnsweredRecord | undefined): SendResult {
  if (typeof entry !== 'object' || entry === null) return unmentioned
  const { SequenceNumber, ErrorCode, ErrorMessage } = entry
  if (ErrorCode !== undefined && ErrorCode !== null) {
    // Both documented codes are transient: the limit of a shard, and an internal failure.
    return {
      status: 'rejected',
      code: String(ErrorCode),
      detail: `Kinesis refused the record (${ErrorCode}).`,
      retryable: true,
      // For the log: it names the shard, for example.
      cause: toCause(String(ErrorCode), ErrorMessage),
    }
  }
  return isSequenceNumber(SequenceNumber) ? { status: 'accepted' } : unmentioned
}

const unmentioned = notConfirmed('the answer does not mention it')
