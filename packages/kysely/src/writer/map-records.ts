import type { MessageRecord, Outcome, SpillwayError } from '@spillway/message'
import type { ConflictRule } from '../dialects/conflict-rule.ts'
import type { InsertDialect } from '../dialects/dialect.ts'
import type { Row, TableFacts } from '../dialects/table.ts'
import { writeError } from '../errors/describe-error.ts'
import { createRowMapper } from './row.ts'
import type { Table } from './table.ts'

/** Parameters of {@link createRecordsMapper}. */
export interface RecordsRules<Body> {
  readonly table: Table
  /** The name of the table, for errors. */
  readonly name: string
  readonly insert: InsertDialect
  readonly conflict: ConflictRule
  /** Whether the user declared the types of the columns. */
  readonly isDeclared: boolean
  readonly map: (message: MessageRecord<Body>) => object
}

/** The rows of a batch. */
export interface MappedRecords {
  readonly rows: readonly Row[]
  /** Errors of records with columns that the table does not have, by position. */
  readonly unmapped: ReadonlyMap<number, SpillwayError>
}

/** Maps the records of a batch to rows, and stores the outcomes of records at fault at their positions. */
export type RecordsMapper<Body> = (
  records: readonly MessageRecord<Body>[],
  facts: TableFacts,
  outcomes: Outcome[],
) => MappedRecords

/** Creates a {@link RecordsMapper}. Its cache of columns is valid for as long as the facts of the table. */
export function createRecordsMapper<Body>(rules: RecordsRules<Body>): RecordsMapper<Body> {
  const { table, name } = rules
  const target = { table: name, conflict: rules.conflict.on }
  let mapper: { readonly facts: TableFacts; readonly toRow: RowMapper<Body> } | undefined

  return function mapRecords(records, facts, outcomes) {
    if (mapper?.facts !== facts) mapper = { facts, toRow: mapperOf(rules, facts) }
    const { toRow } = mapper
    const rows: Row[] = []
    const unmapped = new Map<number, SpillwayError>()
    for (const [position, record] of records.entries()) {
      try {
        const result = toRow(record, position)
        if ('kind' in result) outcomes[position] = result
        else rows.push(result)
      } catch (error) {
        table.catalogue.forget()
        unmapped.set(position, writeError('systemic', error, target))
      }
    }
    return { rows, unmapped }
  }
}

type RowMapper<Body> = ReturnType<typeof createRowMapper<Body>>

function mapperOf<Body>(rules: RecordsRules<Body>, facts: TableFacts): RowMapper<Body> {
  const { table, name, insert, conflict, isDeclared, map } = rules
  return createRowMapper({
    table: name,
    isDeclared,
    map,
    conflict: conflict.on,
    version: conflict.version,
    where: conflict.where,
    types: facts.types,
    // With `fail`, a duplicate is always parked.
    key: conflict.action === 'fail' ? undefined : facts.key,
    columnName: table.columnName,
    encode: (value, type) => insert.encode(value, type, facts),
  })
}
