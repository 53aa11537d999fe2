import type {
  FunctionOptions as AppFunctionOptions,
  QueueOptions as AppQueueOptions,
} from '@spillway/planner'
import { defineApp } from '@spillway/planner'
import type { FunctionOptions } from '../functions/functions.ts'
import type { MappingOptions } from '../queue/mapping.ts'
import type { QueueOptions } from '../queue/queue.ts'
import type { ShardOptions } from '../streams/types.ts'

/** The numbers of a function that an app definition gives it. */
type Numbers = Pick<AppFunctionOptions, 'timeout' | 'memorySize' | 'batchSize' | 'batchingWindow'>

/** Numbers of a function that reads a queue. */
export type QueueNumbers = Numbers &
  Pick<AppFunctionOptions, 'maximumConcurrency'> &
  Pick<AppQueueOptions, 'maxReceiveCount' | 'visibilityTimeout'> & { readonly fifo?: boolean }

/** Numbers of a function that reads a stream. */
export type StreamNumbers = Numbers &
  Pick<AppFunctionOptions, 'parallelizationFactor' | 'maximumRetryAttempts' | 'maximumRecordAgeInSeconds'> & {
    readonly shards: number
  }

/**
 * The parameters of a queue, its mapping and its function when an app definition has these numbers and otherwise the
 * defaults.
 */
export function queueNumbers({ maxReceiveCount, visibilityTimeout, fifo = false, ...fn }: QueueNumbers): {
  readonly queue: QueueOptions
  readonly mapping: MappingOptions
  readonly function: FunctionOptions
} {
  const name = fifo ? 'rows.fifo' : 'rows'
  const { functions, queues } = defineApp({
    name: 'simulated',
    queues: {
      [name]: {
        ...(maxReceiveCount !== undefined && { maxReceiveCount }),
        ...(visibilityTimeout !== undefined && { visibilityTimeout }),
      },
    },
    functions: { write: { entry: './write.ts', queue: name, ...fn } },
  })
  const [write] = functions
  const queue = queues.find((one) => one.name === name)
  if (write?.eventSource === undefined || queue === undefined) throw new Error('the app has no queue')
  const { batchSize, batchingWindow, maximumConcurrency } = write.eventSource
  return {
    queue: {
      fifo,
      maxReceiveCount: queue.maxReceiveCount,
      visibilityTimeout: queue.visibilityTimeout,
      retention: queue.retention,
    },
    mapping: { batchSize, batchingWindow, ...(maximumConcurrency !== undefined && { maximumConcurrency }) },
    function: { timeout: write.timeout, memorySize: write.memorySize },
  }
}

/** The parameters of a stream and its function when an app definition has these numbers and otherwise the defaults. */
export function streamNumbers({ shards, ...fn }: StreamNumbers): {
  readonly stream: ShardOptions
  readonly function: FunctionOptions
} {
  const { functions } = defineApp({
    name: 'simulated',
    streams: { rows: { shards } },
    functions: { write: { entry: './write.ts', stream: 'rows', ...fn } },
  })
  const [write] = functions
  if (write?.streamSource === undefined) throw new Error('the app has no stream')
  const { stream: _stream, onFailure: _onFailure, ...source } = write.streamSource
  return { stream: { shards, ...source }, function: { timeout: write.timeout, memorySize: write.memorySize } }
}
