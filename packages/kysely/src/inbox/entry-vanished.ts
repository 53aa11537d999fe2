import { SpillwayError } from '@spillway/message'

/** For an entry of the inbox that was there and is not: a sweep took it between two statements. */
export function entryVanished(): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_WRITE_FAILED',
    'An entry of the inbox was swept while its message came again; the records are delivered again.',
  )
}
