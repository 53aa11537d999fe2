import { sql } from 'kysely'
import { conditionOf } from '../conflict-rule.ts'
import type { Statement } from '../dialect.ts'
import type { Row } from '../table.ts'
import { arrayText } from './array-text.ts'
import { valueText } from './encode-value.ts'
import { withinDeadline } from './postgres-limits.ts'

/** A text that is compared by its bytes, regardless of the collation of its column. */
export function asBytes(text: ReturnType<typeof sql>) {
  return sql`${text}::text collate "C"`
}

/**
 * Finds the rows that were not written, because the table has another key that the collation treats as equal. Takes one
 * statement for all rows, after the insert, and only if a conflict column has such a collation.
 */
export async function findTaken(rows: readonly Row[], statement: Statement): Promise<ReadonlySet<Row>> {
  const { db, table, conflict, facts, deadline, columnName } = statement
  const parts = conflict.on.map((column, index) => {
    const texts = rows.map(({ columns, values }) => valueText(values[columns.indexOf(column)] ?? null))
    const type = sql.raw(facts.types.get(columnName(column))?.sqlType ?? 'text')
    const stored = sql.ref(`t.${column}`)
    const sent = sql`v.${sql.raw(`c${index}`)}::${type}`
    const isInexact = facts.key?.get(columnName(column))?.collation !== undefined
    return {
      array: sql`${arrayText(texts)}::text[]`,
      equal: sql`${stored} = ${sent}`,
      exact: isInexact ? [sql`${asBytes(stored)} = ${asBytes(sent)}`] : [],
    }
  })
  const names = sql.raw(conflict.on.map((_, index) => `c${index}`).join(', '))
  const values = sql<{ n: number }>`unnest(${sql.join(parts.map(({ array }) => array))}) with ordinality`
  const found = await withinDeadline(db, deadline, (transaction) =>
    transaction
      .selectFrom(`${table} as t`)
      .innerJoin(values.as<'v'>(sql`v(${names}, n)`), (join) =>
        join.on(
          sql<boolean>`${sql.join(
            parts.map(({ equal }) => equal),
            sql` and `,
          )}`,
        ),
      )
      .select(sql<number>`v.n::int4`.as('n'))
      .$if(conflict.where !== undefined, (query) =>
        query.where(conditionOf(conflict.where ?? {}, (column) => `t.${column}`)),
      )
      .where(
        sql<boolean>`not (${sql.join(
          parts.flatMap(({ exact }) => exact),
          sql` and `,
        )})`,
      ),
  )
  return new Set(found.flatMap(({ n }) => rows[Number(n) - 1] ?? []))
}
