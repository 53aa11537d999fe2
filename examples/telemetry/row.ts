import type { Insertable } from 'kysely'
import type { Reading } from './message.ts'

/** The table of readings. See `migrations/001-readings.sql`. */
export interface ReadingsTable {
  id: string
  sensor: string
  taken_at: Date
  celsius: number
}

export interface Database {
  readings: ReadingsTable
}

/** The row of a reading. */
export function toRow({ id, sensor, takenAt, celsius }: Reading): Insertable<ReadingsTable> {
  return { id, sensor, taken_at: new Date(takenAt), celsius }
}
