import type { ParkReason } from '@spillway/message'
import { fromColumns, toColumns } from '../status/parked-reason.ts'
import type { InboxEntry, ParkedFacts } from './inbox.ts'

/** Why a message is parked, as the inbox holds it: JSON text, or what a driver makes of it. `null` for a message that is not. */
export type ParkedColumn = string | { readonly code: string; readonly detail: string } | null

/** The value of the column `parked` for an entry. */
export function parkedText({ parked }: InboxEntry): string | null {
  return parked === undefined ? null : JSON.stringify(fromColumns(toColumns(parked.reason)))
}

/** The columns of the inbox that tell of a parked message. */
export interface ParkedColumns {
  readonly parked: ParkedColumn
  readonly parked_record: string | null
}

/** How a message was parked, out of the columns. */
export function parkedFacts({ parked, parked_record: recordId }: ParkedColumns): ParkedFacts | undefined {
  if (parked === null) return undefined
  const reason: ParkReason = typeof parked === 'string' ? JSON.parse(parked) : parked
  return recordId === null ? { reason } : { reason, recordId }
}

/** The entries that open the key of a parked message: its copy was redriven. */
export function redriven<Entry extends InboxEntry>(
  entries: readonly Entry[],
): readonly (Entry & { readonly redriveOf: string })[] {
  return entries.filter(
    (entry): entry is Entry & { readonly redriveOf: string } => entry.redriveOf !== undefined,
  )
}
