import { type RawBuilder, sql } from 'kysely'

/** A value that the condition of a partial index may name. */
export type FixedValue = string | number | boolean | null

/** The action for a row whose key is already in the table: the option `conflict` with all defaults filled in. */
export interface ConflictRule {
  readonly on: readonly string[]
  readonly action: 'nothing' | 'update' | 'fail'
  readonly set?: readonly string[] | undefined
  readonly version?: string | undefined
  readonly where?: Readonly<Record<string, FixedValue>> | undefined
  readonly constraint?: string | undefined
}

/** The columns of a statement that a conflict updates. The version is always updated, and comes last. */
export function updatedColumns({ on, set, version }: ConflictRule, columns: readonly string[]): string[] {
  const updated = columns.filter(
    (column) => column !== version && !on.includes(column) && (set?.includes(column) ?? true),
  )
  return version === undefined ? updated : [...updated, version]
}

/** The condition of a partial index, with its values as literals: the server cannot match parameters with an index. */
export function conditionOf(
  where: NonNullable<ConflictRule['where']>,
  nameOf: (column: string) => string = (column) => column,
): RawBuilder<boolean> {
  const conditions = Object.entries(where).map(([column, value]) =>
    value === null
      ? sql`${sql.ref(nameOf(column))} is null`
      : sql`${sql.ref(nameOf(column))} = ${sql.lit(value)}`,
  )
  return sql<boolean>`${sql.join(conditions, sql` and `)}`
}
