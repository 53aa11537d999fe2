import { SpillwayError } from '@spillway/message'
import {
  type Clock,
  checkOptions,
  integer,
  isFunction,
  nearest,
  nonEmptyString,
  type OptionRules,
  objectWith,
  systemClock,
} from '@spillway/message/internal'
import { host, listen } from '../listen.ts'
import { requireNode } from '../require-node.ts'
import { createActions } from './actions.ts'
import type { StreamEngine, StreamSpec } from './engine.ts'
import type { OnPut } from './faults.ts'
import { toReader } from './reader.ts'
import { respond } from './respond.ts'
import { createDualServer } from './serve.ts'
import { createStore, streamName } from './store.ts'

/** What {@link startStreams} takes. */
export interface StreamsOptions {
  /** The streams. */
  readonly streams: readonly StreamSpec[]
  /** The port on 127.0.0.1. Default 0: any free port. */
  readonly port?: number
  /** The region in ARNs. Default `us-east-1`. */
  readonly region?: string
  /** The time for limits, retention and iterators. Default: the system clock. */
  readonly clock?: Pick<Clock, 'now'>
  /**
   * The approximate limit for the bytes of all records. Default 268,435,456 (256 MiB). At the limit, records that every
   * reader has released are deleted; if that is not enough, puts fail with `InternalFailure`.
   */
  readonly maxBytes?: number
  /** Makes puts fail, for tests. */
  readonly onPut?: OnPut
}

const rules: OptionRules<StreamsOptions> = {
  streams: {
    required: true,
    expected:
      'an array of streams, each with a unique `name`, 1 to 1,000 `shards`, and a `maxRecordSizeInKiB` of 1,024 to 10,240 if it has one',
    test: (value) => Array.isArray(value) && value.every(isStream) && haveOwnNames(value),
  },
  port: integer(0, 65_535),
  region: { ...nonEmptyString(), required: false },
  clock: objectWith('now'),
  maxBytes: integer(1, Number.MAX_SAFE_INTEGER),
  onPut: isFunction,
}

const account = '000000000000'

/**
 * Starts Kinesis Data Streams on 127.0.0.1 with the given streams. Records live in memory, for 24 hours. It has the
 * limits of the service: records that exceed the limit of their shard are rejected one by one.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID`
 * @throws SpillwayError `SPILLWAY_PORT_IN_USE` when another process listens on the port, `SPILLWAY_START_FAILED` for
 * any other error.
 */
export async function startStreams(options: StreamsOptions): Promise<StreamEngine> {
  requireNode()
  checkOptions('startStreams', options, rules)
  const { streams, port = 0, region = 'us-east-1', clock = systemClock, maxBytes = 268_435_456 } = options
  const streamArn = (name: string) => `arn:aws:kinesis:${region}:${account}:stream/${name}`
  const store = createStore({ arnOf: streamArn, now: () => clock.now(), maxBytes })
  for (const spec of streams) store.create(spec)
  const actions = createActions(store, options.onPut)
  const { server, close } = createDualServer((request, response) => respond(actions, request, response))
  const actualPort = await listen(server, port)
  let stopped: Promise<void> | undefined

  function shardsOf(name: string) {
    const stream = store.streams.get(name)
    if (stream !== undefined) return stream.shards
    const meant = nearest(name, [...store.streams.keys()])
    const hint = meant === undefined ? '' : ` Did you mean \`${meant}\`?`
    throw new SpillwayError(
      'SPILLWAY_OPTION_INVALID',
      `The local Kinesis has no stream named \`${name}\`.${hint}`,
    )
  }

  return Object.freeze({
    endpoint: `http://${host}:${actualPort}`,
    region,
    streamArn,
    records: (name: string) => shardsOf(name).flatMap((shard) => [...shard.all(store.now())]),
    depth: (name: string) =>
      shardsOf(name).reduce((sum, shard) => sum + shard.unread(0, store.now()).records, 0),
    readers: (name: string) => shardsOf(name).map((shard) => toReader(shard, store)),
    stop() {
      stopped ??= close()
      return stopped
    },
  })
}

function isStream(value: unknown): value is StreamSpec {
  if (typeof value !== 'object' || value === null) return false
  const { name, shards, maxRecordSizeInKiB = 1024 } = value as Partial<Record<keyof StreamSpec, unknown>>
  const isName = typeof name === 'string' && streamName.test(name)
  return isName && integer(1, 1000).test(shards) && integer(1024, 10_240).test(maxRecordSizeInKiB)
}

function haveOwnNames(streams: readonly StreamSpec[]): boolean {
  return new Set(streams.map(({ name }) => name)).size === streams.length
}
