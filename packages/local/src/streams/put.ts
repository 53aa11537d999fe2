import type { OnPut, PutCall, PutFault } from './faults.ts'
import { hashPartitionKey, parseHashKey } from './hash-key.ts'
import { bytesOf, type Input, isInput, neededText, textOf } from './input.ts'
import { type Shard, sizeOf } from './shard.ts'
import type { Store } from './store.ts'
import type { Stream } from './stream.ts'
import { invalidArgument, invalidValue, StreamError, throughputExceeded } from './stream-error.ts'

/** The response of an action, or how it fails without one. */
export type Answer = { readonly answer: object } | { readonly silence: 'hang' | 'reset' }

/** A valid record. */
interface Entry {
  readonly partitionKey: string
  readonly data: Uint8Array
  readonly shard: Shard
}

type Stored = { readonly shardId: string; readonly sequenceNumber: string } | StreamError

const mostRecords = 500
const mostBytes = 10 * 1_048_576

/** The two actions that store records ("PutRecord" and "PutRecords" of the Kinesis API reference). */
export function createPut(store: Store, onPut: OnPut = () => undefined) {
  let calls = 0

  function put(action: PutCall['action'], stream: Stream, entries: readonly Entry[]) {
    calls += 1
    const fault = onPut({ action, stream: stream.name, number: calls, records: entries })
    if (fault?.fail === 'call') {
      throw new StreamError(fault.code ?? 'InternalFailure', 'A fault of the test.', fault.status ?? 500)
    }
    if (fault !== undefined && 'stored' in fault && !fault.stored) return { fault, stored: [] }
    const full = store.ensureRoom(entries.reduce((sum, entry) => sum + sizeOf(entry), 0))
    const stored = entries.map((entry, index) => full ?? faultOf(fault, index) ?? append(stream, entry))
    return { fault, stored }
  }

  function append({ name }: Stream, { shard, partitionKey, data }: Entry): Stored {
    return shard.append(partitionKey, data, store.now()) ?? throughputExceeded(shard.id, name)
  }

  function putRecord(input: Input): Answer {
    const stream = store.find(input)
    checkDryRun(input)
    const entry = readEntry(stream, input)
    checkOrdering(stream, textOf(input, 'SequenceNumberForOrdering', 1, 128))
    const { fault, stored } = put('PutRecord', stream, [entry])
    if (isSilent(fault)) return { silence: fault.fail }
    const [first] = stored
    if (first === undefined || first instanceof StreamError) throw first
    return { answer: { ShardId: first.shardId, SequenceNumber: first.sequenceNumber } }
  }

  function putRecords(input: Input): Answer {
    const stream = store.find(input)
    checkDryRun(input)
    const records: unknown = input.Records
    if (!Array.isArray(records) || records.length === 0 || records.length > mostRecords) {
      throw invalidValue('Records', `have 1 to ${mostRecords} entries`)
    }
    const entries = records.map((record: unknown) => {
      if (!isInput(record)) throw new StreamError('SerializationException', 'Records must be objects.')
      return readEntry(stream, record)
    })
    const bytes = entries.reduce((sum, entry) => sum + countedSize(entry), 0)
    if (bytes > mostBytes) throw invalidArgument(`The records have ${bytes} bytes, more than ${mostBytes}.`)
    const { fault, stored } = put('PutRecords', stream, entries)
    if (isSilent(fault)) return { silence: fault.fail }
    return {
      answer: {
        FailedRecordCount: stored.filter((one) => one instanceof StreamError).length,
        Records: stored.map((one) =>
          one instanceof StreamError
            ? { ErrorCode: one.code, ErrorMessage: one.message }
            : { ShardId: one.shardId, SequenceNumber: one.sequenceNumber },
        ),
      },
    }
  }

  return { putRecord, putRecords }
}

function isSilent(fault: PutFault | undefined): fault is PutFault & { readonly fail: 'hang' | 'reset' } {
  return fault?.fail === 'hang' || fault?.fail === 'reset'
}

function faultOf(fault: PutFault | undefined, index: number): StreamError | undefined {
  if (fault?.fail !== 'entries' || !fault.indexes.includes(index)) return undefined
  const status = fault.code === 'InternalFailure' ? 500 : 400
  return new StreamError(fault.code, 'A fault of the test.', status)
}

function readEntry(stream: Stream, input: Input): Entry {
  const partitionKey = neededText(input, 'PartitionKey', 1, 256)
  const data = bytesOf(input, 'Data')
  if (countedSize({ partitionKey, data }) > stream.maxRecordSize) {
    throw invalidValue('Data', `have, with its partition key, at most ${stream.maxRecordSize} bytes`)
  }
  const chosen = textOf(input, 'ExplicitHashKey', 1, 39)
  const hashKey = chosen === undefined ? hashPartitionKey(partitionKey) : parseHashKey(chosen)
  if (hashKey === undefined) throw invalidArgument(`ExplicitHashKey must be from 0 to ${2n ** 128n - 1n}.`)
  return { partitionKey, data, shard: stream.shardOf(hashKey) }
}

/** The number of bytes that count against the limits. */
function countedSize({ partitionKey, data }: Pick<Entry, 'partitionKey' | 'data'>): number {
  return Buffer.byteLength(partitionKey) + data.byteLength
}

/**
 * Rejects an invalid sequence number. A valid one changes nothing, because records are stored in the order of the
 * calls.
 */
function checkOrdering({ shards }: Stream, sequenceNumber: string | undefined): void {
  if (sequenceNumber === undefined) return
  const known = shards.some(
    (shard) => (shard.numbers.positionOf(sequenceNumber) ?? shard.next()) < shard.next(),
  )
  if (!known) throw invalidArgument(`SequenceNumberForOrdering ${sequenceNumber} is not of this stream.`)
}

/** Rejects `DryRun`, so that no record is stored by a request that only wants a check. */
export function checkDryRun(input: Input): void {
  if (input.DryRun === true) throw invalidArgument('The local Kinesis does not know DryRun.')
}
