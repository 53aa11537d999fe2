import type { Kysely } from 'kysely'
import type { ColumnFacts } from '../error-origin.ts'
import type { Schema, TableName } from '../table.ts'
import { type Named, relationQuery } from './relation-query.ts'

/** A column of the relation that an error names, or of the table that was written to. */
export interface PostgresColumn extends ColumnFacts {
  /** Whether the constraint is about it. */
  readonly covered: boolean
  /** Whether it is of the domain, or of a type made of it. */
  readonly ofDomain: boolean
  /** Whether filling the column cannot fail, when the statement leaves it out. */
  readonly harmless: boolean
}

/** What the catalogue says about the relation that an error names. */
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

/** Reads {@link Relation} of what an error names; `undefined` when there is no such relation. */
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
