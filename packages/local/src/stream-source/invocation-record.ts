import { randomUUID } from 'node:crypto'
import { arnOf } from '../functions/names.ts'
import type { DiscardedBatch } from './destination.ts'

/**
 * Creates the invocation record of a discarded batch (Lambda developer guide, "Retaining discarded batch records for
 * Kinesis Data Streams"). It has the positions of the records in the stream. Only S3 also receives the records
 * themselves, as `payload`.
 */
export function toInvocationRecord(
  batch: DiscardedBatch,
  { payload }: { readonly payload: boolean },
): object {
  const { records, result } = batch
  const [first, last] = [records[0], records.at(-1)]
  return {
    requestContext: {
      requestId: randomUUID(),
      functionArn: arnOf(batch.functionName, batch.region),
      condition: batch.reason,
      approximateInvokeCount: batch.invocations,
    },
    ...(result && {
      responseContext: {
        statusCode: 200,
        executedVersion: '$LATEST',
        ...(!result.ok && { functionError: 'Unhandled' }),
      },
    }),
    version: '1.0',
    timestamp: new Date(batch.time).toISOString(),
    KinesisBatchInfo: {
      shardId: first?.shardId,
      startSequenceNumber: first?.sequenceNumber,
      endSequenceNumber: last?.sequenceNumber,
      approximateArrivalOfFirstRecord: toTime(first?.approximateArrivalTimestamp),
      approximateArrivalOfLastRecord: toTime(last?.approximateArrivalTimestamp),
      batchSize: records.length,
      streamArn: batch.streamArn,
    },
    ...(payload && { payload: JSON.stringify(batch.event) }),
  }
}

function toTime(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined ? undefined : new Date(milliseconds).toISOString()
}
