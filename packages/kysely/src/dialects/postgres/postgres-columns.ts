import type { Kysely } from 'kysely'
import type { ColumnFacts } from '../error-origin.ts'
import type { Schema, TableName } from '../table.ts'
import { type Named, relationQuery } from './relation-query.ts'

/** A column of the relation that an error names, or of the table that was written to. */
export interface PostgresColumn extends ColumnFacts {
  /** Whether the constraint is about it. */
  readonly covered: boolean
  /** Whether its type is the domain, or a type based on it. */
  readonly ofDomain: boolean
  /** Whether the database can always fill the column if the statement omits it. */
  readonly harmless: boolean
}

/** The relation that an error names, from the catalogue. */
export interface Relation {
  readonly columns: readonly PostgresColumn[]
  /** Whether it is the table that was written to, a partition of it, or its base table if that is a view. */
  readonly isTarget: boolean
  /** Whether the constraint, if one is named, was found. */
  readonly isFound: boolean
  readonly isView: boolean
  /** Whether triggers run after a row is inserted. */
  readonly hasAfterTriggers: boolean
}

/** Reads the relation that an error names; `undefined` if there is none. */
export async function readRelation(
  db: Kysely<Schema>,
  { schema, name }: TableName,
  named: Named,
): Promise<Relation | undefined> {
  const path = [...(schema === undefined ? [] : [schema]), name]
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.')
  const { rows } = await relationQuery(path, named).execute(db)
  const [first] = rows
  if (first === undefined) return undefined
  const { isTarget, isFound, isView, hasAfterTriggers } = first
  const columns = rows.map((row) => ({ ...row, inputs: JSON.parse(row.inputs) as string[] }))
  return { columns, isTarget, isFound, isView, hasAfterTriggers }
}
