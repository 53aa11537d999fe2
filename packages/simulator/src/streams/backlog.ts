import type { ShardOptions, ShardWorld, StreamRecord } from './types.ts'

/** The records of a reader that are neither done nor discarded, in order. */
export interface Backlog {
  size(): number
  add(record: StreamRecord): void
  /** The first records. */
  first(count: number): readonly StreamRecord[]
  /** Removes the first records. */
  take(count: number): readonly StreamRecord[]
  /** Removes the records that the stream no longer has. */
  dropExpired(): void
  /** Whether the first record is older than the event source mapping allows. */
  isTooOld(): boolean
}

const defaultRetention = 86_400

/** Creates an empty backlog. */
export function createBacklog(options: ShardOptions, { clock, expired }: ShardWorld): Backlog {
  const { retention = defaultRetention, maximumRecordAgeInSeconds } = options
  let records: StreamRecord[] = []

  const ageOf = ({ sentAt }: StreamRecord) => (clock.now() - sentAt) / 1000

  function take(count: number): readonly StreamRecord[] {
    const taken = records.slice(0, count)
    records = records.slice(count)
    return taken
  }

  return {
    size: () => records.length,
    add: (record) => void records.push(record),
    first: (count) => records.slice(0, count),
    take,
    dropExpired() {
      const kept = records.findIndex((record) => ageOf(record) < retention)
      if (kept !== 0 && records.length > 0) expired(take(kept === -1 ? records.length : kept))
    },
    isTooOld: () =>
      maximumRecordAgeInSeconds !== -1 && ageOf(records[0] as StreamRecord) > maximumRecordAgeInSeconds,
  }
}
