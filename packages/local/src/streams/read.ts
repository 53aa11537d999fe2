import { type Input, integerOf, neededText, textOf, timeOf } from './input.ts'
import { decodeIterator, encodeIterator } from './iterator.ts'
import { checkDryRun } from './put.ts'
import type { Shard } from './shard.ts'
import type { Store } from './store.ts'
import type { Stream } from './stream.ts'
import { invalidArgument, invalidValue, notFound, throughputExceeded } from './stream-error.ts'

const iteratorTypes = [
  'AT_SEQUENCE_NUMBER',
  'AFTER_SEQUENCE_NUMBER',
  'TRIM_HORIZON',
  'LATEST',
  'AT_TIMESTAMP',
] as const

type IteratorType = (typeof iteratorTypes)[number]

/** `GetShardIterator` of the Kinesis API reference. */
export function getShardIterator(store: Store, input: Input): object {
  const stream = store.find(input)
  checkDryRun(input)
  const shard = findShard(stream, neededText(input, 'ShardId', 1, 128))
  const type = neededText(input, 'ShardIteratorType', 1, 64)
  if (!isIteratorType(type)) throw invalidValue('ShardIteratorType', `be one of ${iteratorTypes.join(', ')}`)
  const now = store.now()
  const position = positionOf(type, input, shard, now)
  const iterator = { stream: stream.name, born: stream.born, shardId: shard.id, position, issued: now }
  return { ShardIterator: encodeIterator(iterator) }
}

function positionOf(type: IteratorType, input: Input, shard: Shard, now: number): number {
  const sequenceNumber = textOf(input, 'StartingSequenceNumber', 1, 128)
  const time = timeOf(input, 'Timestamp')
  if ((type === 'TRIM_HORIZON' || type === 'LATEST') && sequenceNumber !== undefined) {
    throw invalidArgument(`${type} allows no StartingSequenceNumber.`)
  }
  switch (type) {
    case 'TRIM_HORIZON':
      return shard.first(now)
    case 'LATEST':
      return shard.next()
    case 'AT_TIMESTAMP':
      if (time === undefined) throw invalidArgument('AT_TIMESTAMP needs a Timestamp.')
      if (time > now) throw invalidArgument('The Timestamp must not be later than now.')
      return shard.positionAt(time, now)
    default: {
      if (sequenceNumber === undefined) throw invalidArgument(`${type} needs a StartingSequenceNumber.`)
      const at = shard.numbers.positionOf(sequenceNumber)
      // An iterator from a future number would skip the records before it.
      if (at === undefined || at >= shard.next()) {
        throw invalidArgument(`StartingSequenceNumber ${sequenceNumber} is not of shard ${shard.id}.`)
      }
      return type === 'AT_SEQUENCE_NUMBER' ? at : at + 1
    }
  }
}

/** `GetRecords` of the Kinesis API reference. */
export function getRecords(store: Store, input: Input): object {
  checkDryRun(input)
  const limit = integerOf(input, 'Limit', 1, 10_000) ?? 10_000
  const now = store.now()
  const iterator = decodeIterator(neededText(input, 'ShardIterator', 1, 4096), now)
  const stream = store.streams.get(iterator.stream)
  if (stream === undefined || stream.born !== iterator.born) throw notFound(`Stream ${iterator.stream}`)
  const shard = findShard(stream, iterator.shardId)
  const records = shard.read(iterator.position, limit, now)
  if (records === undefined) throw throughputExceeded(shard.id, stream.name)
  const last = records.at(-1)
  const lastPosition = last && shard.numbers.positionOf(last.sequenceNumber)
  const position =
    lastPosition === undefined ? Math.max(iterator.position, shard.first(now)) : lastPosition + 1
  return {
    Records: records.map((record) => ({
      SequenceNumber: record.sequenceNumber,
      ApproximateArrivalTimestamp: record.approximateArrivalTimestamp / 1000,
      Data: Buffer.from(record.data).toString('base64'),
      PartitionKey: record.partitionKey,
    })),
    NextShardIterator: encodeIterator({ ...iterator, position, issued: now }),
    MillisBehindLatest:
      last === undefined || position >= shard.next() ? 0 : now - last.approximateArrivalTimestamp,
  }
}

function isIteratorType(type: string): type is IteratorType {
  return (iteratorTypes as readonly string[]).includes(type)
}

function findShard({ shards, name }: Stream, id: string): Shard {
  const shard = shards.find((one) => one.id === id)
  if (shard === undefined) throw notFound(`Shard ${id} of stream ${name}`)
  return shard
}
