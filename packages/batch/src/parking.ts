import { type ParkOutcome, type ParkReason, park, type SourceRecord } from '@spillway/message'
import { inParallel } from '@spillway/transport'
import { parkRecord } from './park-record.ts'
import type { Invocation } from './pass.ts'

/** How many copies are sent to the dead-letter queue at once. */
const parkConcurrency = 10

/** A record that is to be parked. */
export interface Parking {
  readonly position: number
  readonly reason: ParkReason
  /** For the log only. */
  readonly cause?: ParkOutcome['cause']
  readonly recordId?: ParkOutcome['recordId']
}

/**
 * Parks records of different lanes. A record that is delivered again because of another one is retried: each delivery
 * would send a copy.
 *
 * @returns the records of which it is not known yet whether they are delivered again
 */
export async function parkDue(
  {
    reader,
    source,
    progress,
    deadlines: { settling },
  }: Pick<Invocation<never>, 'reader' | 'source' | 'progress' | 'deadlines'>,
  parkings: readonly Parking[],
): Promise<readonly Parking[]> {
  if (parkings.length === 0) return parkings
  const safe = progress.safeToPark(parkings.map(({ position }) => position))
  const isSafe = ({ position }: Parking) => safe.has(position)
  await inParallel(
    parkings.filter(isSafe),
    parkConcurrency,
    async ({ position, reason, cause, recordId }) => {
      if (progress.retryInsteadOfPark(position)) return
      const record = source.records[position] as SourceRecord
      const outcome = await parkRecord({ reader, source, settling }, record, { reason, recordId })
      progress.settle(position, outcome.kind === 'park' ? park(reason, { cause }) : outcome)
    },
  )
  return parkings.filter((parking) => !isSafe(parking))
}
