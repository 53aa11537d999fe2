import type { ParkReason } from '@spillway/message'
import { fromColumns, toColumns } from '../status/parked-reason.ts'
import type { InboxEntry, ParkedFacts } from './inbox.ts'

/**
 * The reason of a parked message in the inbox: JSON text, or the object that a driver parses. `null` if the message is
 * not parked.
 */
export type ParkedColumn = string | { readonly code: string; readonly detail: string } | null

/** The value of the column `parked` for an entry. */
export function parkedText({ parked }: InboxEntry): string | null {
  return parked === undefined ? null : JSON.stringify(fromColumns(toColumns(parked.reason)))
}

/** The columns of the inbox for a parked message. */
export interface ParkedColumns {
  readonly parked: ParkedColumn
  readonly parked_record: string | null
}

/** Reads the columns of a parked message. */
export function parkedFacts({ parked, parked_record: recordId }: ParkedColumns): ParkedFacts | undefined {
  if (parked === null) return undefined
  const reason: ParkReason = typeof parked === 'string' ? JSON.parse(parked) : parked
  return recordId === null ? { reason } : { reason, recordId }
}

/** The entries that reset the key of a parked message, because its copy was redriven. */
export function redriven<Entry extends InboxEntry>(
  entries: readonly Entry[],
): readonly (Entry & { readonly redriveOf: string })[] {
  return entries.filter(
    (entry): entry is Entry & { readonly redriveOf: string } => entry.redriveOf !== undefined,
  )
}
