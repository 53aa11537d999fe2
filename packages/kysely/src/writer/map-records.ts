import type { MessageRecord, Outcome } from '@spillway/message'
import type { Engine } from '../engines/engine.ts'
import { writeError } from '../errors/describe-error.ts'
import { systemic } from '../isolation/judge.ts'
import type { TableFacts } from './catalogue.ts'
import type { ConflictRule } from './conflict.ts'
import { createRowMapper, type Row } from './row.ts'
import type { Table } from './table.ts'

/** What {@link createRecordsMapper} has to know. */
export interface RecordsRules<Body> {
  readonly table: Table
  /** The name of the table, for errors. */
  readonly name: string
  readonly engine: Engine
  readonly conflict: ConflictRule
  /** Whether the user declared the types of the columns. */
  readonly isDeclared: boolean
  readonly map: (message: MessageRecord<Body>) => object
  readonly random: () => number
}

/** Maps the records of a batch to rows, and puts the outcomes of those that have none to their positions. */
export type RecordsMapper<Body> = (
  records: readonly MessageRecord<Body>[],
  facts: TableFacts,
  outcomes: Outcome[],
) => readonly Row[]

/** A {@link RecordsMapper}. What it knows of the columns holds for as long as what is known of the table. */
export function createRecordsMapper<Body>(rules: RecordsRules<Body>): RecordsMapper<Body> {
  const { table, name, random } = rules
  const target = { table: name, conflict: rules.conflict.on }
  let mapper: { readonly facts: TableFacts; readonly toRow: RowMapper<Body> } | undefined

  return function mapRecords(records, facts, outcomes) {
    if (mapper?.facts !== facts) mapper = { facts, toRow: mapperOf(rules, facts) }
    const { toRow } = mapper
    const rows: Row[] = []
    for (const [position, record] of records.entries()) {
      try {
        const result = toRow(record, position)
        if ('kind' in result) outcomes[position] = result
        else rows.push(result)
      } catch (error) {
        table.catalogue.forget()
        outcomes[position] = systemic(writeError('systemic', error, target), record, random)
      }
    }
    return rows
  }
}

type RowMapper<Body> = ReturnType<typeof createRowMapper<Body>>

function mapperOf<Body>(rules: RecordsRules<Body>, facts: TableFacts): RowMapper<Body> {
  const { table, name, engine, conflict, isDeclared, map } = rules
  return createRowMapper({
    table: name,
    isDeclared,
    map,
    conflict: conflict.on,
    version: conflict.version,
    where: conflict.where,
    types: facts.types,
    // A duplicate is parked all the same.
    key: conflict.action === 'fail' ? undefined : facts.key,
    columnName: table.columnName,
    encode: (value, type) => engine.encode(value, type, facts),
  })
}
