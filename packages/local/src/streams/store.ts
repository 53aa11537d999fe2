import type { StreamSpec } from './engine.ts'
import { type Input, textOf } from './input.ts'
import { createStream, type Stream } from './stream.ts'
import { invalidArgument, invalidValue, notFound, StreamError } from './stream-error.ts'

/** All streams of an engine, with their clock and memory. */
export interface Store {
  readonly streams: ReadonlyMap<string, Stream>
  /** Milliseconds since the epoch. It never decreases. */
  now(): number
  create(spec: StreamSpec): Stream
  remove(name: string): void
  /** Finds the stream of a request by its name or ARN. */
  find(input: Input): Stream
  /** Frees memory for this many bytes; returns an error when that is impossible. */
  ensureRoom(bytes: number): StreamError | undefined
}

/** What {@link createStore} takes. */
export interface StoreOptions {
  readonly arnOf: (name: string) => string
  readonly now: () => number
  readonly maxBytes: number
}

/** The names that a stream may have. */
export const streamName = /^[a-zA-Z0-9_.-]{1,128}$/

/** Creates an empty store. */
export function createStore({ arnOf, now: clock, maxBytes }: StoreOptions): Store {
  const streams = new Map<string, Stream>()
  let latest = 0
  /** When the newest stream was created. */
  let born = 0

  function now(): number {
    latest = Math.max(latest, clock())
    return latest
  }

  function find(input: Input): Stream {
    const name = textOf(input, 'StreamName', 1, 128)
    const arn = textOf(input, 'StreamARN', 1, 2048)
    if (name === undefined && arn === undefined) throw invalidValue('StreamName or StreamARN', 'be given')
    const wanted = name ?? arn?.split('/').at(-1) ?? ''
    const stream = streams.get(wanted)
    if (arn !== undefined && arn !== arnOf(wanted)) {
      if (name !== undefined && streams.has(wanted)) {
        throw invalidArgument('StreamName and StreamARN name different streams.')
      }
      throw notFound(`Stream ${arn}`)
    }
    if (stream === undefined) throw notFound(`Stream ${wanted}`)
    return stream
  }

  function held(): number {
    const time = now()
    let bytes = 0
    for (const { shards } of streams.values()) for (const shard of shards) bytes += shard.bytes(time)
    return bytes
  }

  return {
    streams,
    now,
    create(spec) {
      // It must be unique, because sequence numbers and iterators identify the stream by it.
      born = Math.max(born + 1, now())
      const stream = createStream(spec, arnOf(spec.name), born)
      streams.set(spec.name, stream)
      return stream
    },
    remove(name) {
      streams.delete(name)
    },
    find,
    ensureRoom(bytes) {
      const missing = () => held() + bytes - maxBytes
      for (const { shards } of streams.values()) {
        for (const shard of shards) if (missing() > 0) shard.reclaim(missing())
      }
      if (missing() <= 0) return undefined
      const message = `The local Kinesis keeps at most ${maxBytes} bytes of records, and this limit is reached: raise maxBytes, or restart it.`
      return new StreamError('InternalFailure', message, 500)
    },
  }
}
