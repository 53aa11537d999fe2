/** A stream to create. An `AppStream` of `@spillway/planner` has this shape. */
export interface StreamSpec {
  /** 1 to 128 letters, digits, `_`, `.` and `-`. */
  readonly name: string
  /** 1 to 1,000. */
  readonly shards: number
  /** The largest record, its partition key included: 1,024 (the default, 1 MiB) to 10,240. */
  readonly maxRecordSizeInKiB?: number | undefined
}

/** A record of a shard. */
export interface StoredRecord {
  readonly shardId: string
  /** A decimal number of 56 digits. Compare two of the same shard as `BigInt`. */
  readonly sequenceNumber: string
  readonly partitionKey: string
  readonly data: Uint8Array
  /** Milliseconds since the epoch. */
  readonly approximateArrivalTimestamp: number
}

/** The records that a reader has not read yet. */
export interface Unread {
  readonly records: number
  /** When the oldest of them arrived, in milliseconds since the epoch. */
  readonly oldest: number | undefined
}

/** A shard for a reader in this process, which shares the limits of the shard with all other readers. */
export interface ShardReader {
  readonly shardId: string
  /**
   * The oldest records after a sequence number, or of all. `undefined` when the shard's read limit is reached: five
   * calls and 2 MiB per second.
   */
  read(after: string | undefined, limit: number): readonly StoredRecord[] | undefined
  /** The records after a sequence number, or all. Does not count against the limit. */
  unread(after: string | undefined): Unread
  /**
   * Releases the records up to this one for this reader. When the memory is full, records that all readers have
   * released are deleted first.
   */
  release(upTo: string): void
}

/** Kinesis Data Streams on this machine, for SDK clients over HTTP/2 and HTTP/1.1. */
export interface StreamEngine {
  /** The `endpoint` or `AWS_ENDPOINT_URL_KINESIS` of an SDK client. */
  readonly endpoint: string
  readonly region: string
  streamArn(name: string): string
  /**
   * All records of a stream, shard by shard. Does not count against the limit.
   *
   * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when there is no such stream.
   */
  records(name: string): readonly StoredRecord[]
  /**
   * How many records a stream holds.
   *
   * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when there is no such stream.
   */
  depth(name: string): number
  /**
   * The shards of a stream for one more reader in this process, such as an event source mapping.
   *
   * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when there is no such stream.
   */
  readers(name: string): readonly ShardReader[]
  /** Closes the port and forgets all records. Safe to call again. */
  stop(): Promise<void>
}
