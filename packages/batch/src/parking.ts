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
  /** For the log alone. */
  readonly cause?: ParkOutcome['cause']
  readonly recordId?: ParkOutcome['recordId']
}

/**
 * Parks records of different lanes, but for those that another one brings back: each delivery would send a copy.
 *
 * @returns those of which that is not known yet
 */
export async function parkDue(
  {
    reader,
    source,
    ledger,
    deadlines: { settling },
  }: Pick<Invocation<never>, 'reader' | 'source' | 'ledger' | 'deadlines'>,
  parkings: readonly Parking[],
): Promise<readonly Parking[]> {
  if (parkings.length === 0) return parkings
  const due = ledger.safeToPark(parkings.map(({ position }) => position))
  const isDue = ({ position }: Parking) => due.has(position)
  await inParallel(parkings.filter(isDue), parkConcurrency, async ({ position, reason, cause, recordId }) => {
    if (ledger.retryInsteadOfPark(position)) return
    const record = source.records[position] as SourceRecord
    const outcome = await parkRecord({ reader, source, settling }, record, { reason, recordId })
    ledger.settle(position, outcome.kind === 'park' ? park(reason, { cause }) : outcome)
  })
  return parkings.filter((parking) => !isDue(parking))
}
