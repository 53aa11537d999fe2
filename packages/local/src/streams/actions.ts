import {
  createStreamAction,
  deleteStream,
  describeStream,
  describeStreamSummary,
  listShards,
  listStreams,
} from './describe.ts'
import type { OnPut } from './faults.ts'
import type { Input } from './input.ts'
import { type Answer, createPut } from './put.ts'
import { getRecords, getShardIterator } from './read.ts'
import type { Store } from './store.ts'

/** The supported actions, by their names in the Kinesis API reference. */
export type Actions = Readonly<Record<string, (input: Input) => Answer>>

/** Creates the actions of a store. */
export function createActions(store: Store, onPut?: OnPut): Actions {
  const { putRecord, putRecords } = createPut(store, onPut)
  const answering = (action: (store: Store, input: Input) => object) => (input: Input) => ({
    answer: action(store, input),
  })
  return Object.freeze({
    PutRecord: putRecord,
    PutRecords: putRecords,
    GetShardIterator: answering(getShardIterator),
    GetRecords: answering(getRecords),
    ListShards: answering(listShards),
    ListStreams: answering(listStreams),
    DescribeStream: answering(describeStream),
    DescribeStreamSummary: answering(describeStreamSummary),
    CreateStream: answering(createStreamAction),
    DeleteStream: answering(deleteStream),
  })
}
