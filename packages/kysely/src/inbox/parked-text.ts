import type { ParkReason } from '@spillway/message'
import { fromColumns, toColumns } from '../status/parked-reason.ts'
import type { InboxEntry } from './inbox.ts'

/** Why a message is parked, as the inbox holds it: JSON text, or what a driver makes of it. `null` for a message that is not. */
export type ParkedColumn = string | { readonly code: string; readonly detail: string } | null

/** The value of the column `parked` for an entry. */
export function parkedText({ parked }: InboxEntry): string | null {
  return parked === undefined ? null : JSON.stringify(fromColumns(toColumns(parked.reason)))
}

/** The reason out of the column `parked`. */
export function parkedReason(column: ParkedColumn): ParkReason | undefined {
  if (column === null) return undefined
  return typeof column === 'string' ? JSON.parse(column) : column
}

/** The entries that open the key of a parked message: its copy was redriven. */
export function redriven<Entry extends InboxEntry>(
  entries: readonly Entry[],
): readonly (Entry & { readonly redriveOf: string })[] {
  return entries.filter(
    (entry): entry is Entry & { readonly redriveOf: string } => entry.redriveOf !== undefined,
  )
}
