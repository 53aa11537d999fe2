import { SpillwayError } from '@spillway/message'

/** For an entry of the inbox that was there and is not: a sweep took it between two statements. */
export function entryVanished(table: string): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_WRITE_FAILED',
    `An entry of the inbox "${table}" was swept while its message came again; the records are delivered again.`,
  )
}
