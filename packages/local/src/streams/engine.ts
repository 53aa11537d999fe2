/** A stream to make. `AppStream` of `@spillway/planner` fits. */
export interface StreamSpec {
  /** 1 to 128 letters, digits, `_`, `.` and `-`. */
  readonly name: string
  /** 1 to 1,000. */
  readonly shards: number
  /** The largest record, its partition key included: 1,024 (the default, 1 MiB) to 10,240. */
  readonly maxRecordSizeInKiB?: number | undefined
}

/** A record as it lies in its shard. */
export interface StoredRecord {
  readonly shardId: string
  /** A decimal number of 56 digits: compare two of a shard as `BigInt`. */
  readonly sequenceNumber: string
  readonly partitionKey: string
  readonly data: Uint8Array
  /** Milliseconds since the epoch. */
  readonly approximateArrivalTimestamp: number
}

/** What a reader has not read yet. */
export interface Unread {
  readonly records: number
  /** When the oldest of them arrived, in milliseconds since the epoch. */
  readonly oldest: number | undefined
}

/** One shard as a reader inside this process sees it. It shares the limits of the shard with all other readers. */
export interface ShardReader {
  readonly shardId: string
  /**
   * The oldest records after a sequence number, or the oldest of all. `undefined` when the shard's limit for reads is
   * used up: five calls and 2 MiB a second.
   */
  read(after: string | undefined, limit: number): readonly StoredRecord[] | undefined
  /** What comes after a sequence number, or all. Uses up no limit. */
  unread(after: string | undefined): Unread
  /**
   * Says that this reader is done with the records up to this one. What all readers are done with goes first when the
   * memory is full.
   */
  release(upTo: string): void
}

/** Kinesis Data Streams on this machine, for SDK clients over HTTP/2 and HTTP/1.1. */
export interface StreamEngine {
  /** What an unmodified SDK client takes as `endpoint` or `AWS_ENDPOINT_URL_KINESIS`. */
  readonly endpoint: string
  readonly region: string
  streamArn(name: string): string
  /**
   * All records of a stream, shard after shard, without reading them: no limit is used up.
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
