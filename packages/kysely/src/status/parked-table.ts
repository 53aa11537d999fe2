import type { ParkDecision, ParkedEntry } from '@spillway/message'
import type { Kysely, RawBuilder } from 'kysely'
import type { Query } from '../dialects/dialect.ts'
import { storableKey } from '../dialects/storable-text.ts'
import { fromColumns, type ReasonColumns, toColumns } from './parked-reason.ts'

/** A database with tables of parked messages. */
export type ParkedTables = Record<string, ParkedRow>

/** A statement on the table, for a transaction. */
export type ParkedQuery<Result> = (transaction: Kysely<ParkedTables>) => Query<Result>

/** A row of the table. */
export interface ParkedRow extends ReasonColumns {
  readonly name: string
  /** Drivers of MySQL return bytes. */
  readonly key: string | Uint8Array
  readonly parked_at: Date | string
  readonly record_id: string
  readonly fingerprint: string | null
  readonly copied_at: Date | string | null
}

const entryColumns = [
  'key',
  'code',
  'detail',
  'issues',
  'parked_at',
  'record_id',
  'fingerprint',
  'copied_at',
] as const

/** The columns of a decision, except for its key. */
function valuesOf({ reason, recordId, fingerprint, at }: ParkDecision) {
  return { ...toColumns(reason), record_id: recordId, fingerprint: fingerprint ?? null, parked_at: at }
}

/** Inserts an entry, unless the message already has one. */
export function insertDecision(
  table: string,
  decision: ParkDecision,
  keepParked: RawBuilder<unknown>,
): ParkedQuery<unknown> {
  const place = { name: storableKey(decision.name), key: storableKey(decision.key) }
  return (transaction) =>
    transaction
      .insertInto(table)
      .values({ ...place, ...valuesOf(decision), copied_at: null })
      .modifyEnd(keepParked)
}

/** Replaces the entry of a record by a new decision. */
export function replaceDecision(
  table: string,
  decision: ParkDecision,
  recordId: string,
): ParkedQuery<unknown> {
  return (transaction) =>
    transaction
      .updateTable(table)
      .set({ ...valuesOf(decision), copied_at: null })
      .where('name', '=', storableKey(decision.name))
      .where('key', '=', storableKey(decision.key))
      .where('record_id', '=', recordId)
}

/** Records that the copy of a message is in the dead-letter queue. */
export function confirmCopy(
  table: string,
  { name, key, recordId }: ParkedEntry,
  at: Date,
): ParkedQuery<unknown> {
  return (transaction) =>
    transaction
      .updateTable(table)
      .set({ copied_at: at })
      .where('name', '=', storableKey(name))
      .where('key', '=', storableKey(key))
      .where('record_id', '=', recordId)
}

/** Reads the entries of some messages. */
export function entriesOf(
  table: string,
  name: string,
  keys: readonly string[],
): ParkedQuery<Omit<ParkedRow, 'name'>> {
  return (transaction) =>
    transaction
      .selectFrom(table)
      .select(entryColumns)
      .where('name', '=', storableKey(name))
      .where('key', 'in', keys.map(storableKey))
}

/** The text of a key in the table. */
export function keyText(key: ParkedRow['key']): string {
  return typeof key === 'string' ? key : Buffer.from(key).toString()
}

/** Converts a row to an entry. */
export function toEntry(row: Omit<ParkedRow, 'name'>, name: string, key: string): ParkedEntry {
  const { parked_at, record_id: recordId, fingerprint, copied_at } = row
  return {
    name,
    key,
    reason: fromColumns(row),
    at: new Date(parked_at),
    recordId,
    ...(fingerprint !== null && { fingerprint }),
    copied: copied_at !== null,
  }
}
