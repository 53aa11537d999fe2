import { invalidArgument, StreamError } from './stream-error.ts'

/** A position in a shard from which to read. */
export interface Iterator {
  readonly stream: string
  /** When the stream was created. A recreated stream of the same name has other records. */
  readonly born: number
  readonly shardId: string
  readonly position: number
  /** Milliseconds since the epoch. */
  readonly issued: number
}

/** Milliseconds that an iterator may be used ("GetShardIterator": five minutes). */
const lifetime = 300_000

/** Encodes an iterator for a client. */
export function encodeIterator({ stream, born, shardId, position, issued }: Iterator): string {
  return Buffer.from(JSON.stringify([stream, born, shardId, position, issued])).toString('base64')
}

/** Reads what {@link encodeIterator} wrote. */
export function decodeIterator(text: string, now: number): Iterator {
  const parts = parse(text)
  if (!Array.isArray(parts) || parts.length !== 5) throw invalidArgument('The ShardIterator is invalid.')
  const [stream, born, shardId, position, issued] = parts as readonly unknown[]
  if (typeof stream !== 'string' || typeof shardId !== 'string' || ![born, position, issued].every(isCount)) {
    throw invalidArgument('The ShardIterator is invalid.')
  }
  const iterator = { stream, born, shardId, position, issued } as Iterator
  if (now - iterator.issued <= lifetime) return iterator
  const age = Math.round((now - iterator.issued) / 1000)
  const message = `Iterator expired. The iterator was created ${age} s ago; it may be used for ${lifetime / 1000} s.`
  throw new StreamError('ExpiredIteratorException', message)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64').toString())
  } catch {
    return undefined
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
