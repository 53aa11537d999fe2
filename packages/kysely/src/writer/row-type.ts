import type { Insertable } from 'kysely'

/**
 * The shape of a row before its columns are compared with those of the table, so that an editor can complete the names.
 */
export type RowShape<Columns> = { readonly [Name in keyof Insertable<Columns>]?: unknown }

/**
 * `unknown` for a row that its table accepts; otherwise a sentence that describes the problem. No row fits that type,
 * so the compiler shows the sentence.
 */
export type FitsTable<Row, Columns, Table extends string> = [Problem<Row, Columns, Table>] extends [never]
  ? unknown
  : Problem<Row, Columns, Table>

type Problem<Row, Columns, Table extends string> = 0 extends 1 & Row
  ? never
  : Row extends PromiseLike<unknown>
    ? 'The function `row` must not be asynchronous.'
    : Row extends unknown
      ?
          | ProblemOfGiven<Row, Columns, Insertable<Columns>, Table>
          | ProblemOfMissing<Row, Insertable<Columns>, Table>
      : never

type ProblemOfGiven<Row, Columns, Values, Table extends string> = {
  [Name in keyof Row & string]-?: Name extends keyof Values
    ? [Row[Name]] extends [Values[Name]]
      ? never
      : [Writable<Row[Name]>] extends [Values[Name]]
        ? never
        : `The column "${Name}" of the table "${Table}" does not take a value of this type.`
    : Name extends keyof Columns
      ? `The column "${Name}" of the table "${Table}" is never inserted: leave it out.`
      : `The table "${Table}" has no column "${Name}".`
}[keyof Row & string]

type ProblemOfMissing<Row, Values, Table extends string> = {
  [Name in keyof Values & string]-?: Name extends keyof Row
    ? never
    : Record<never, never> extends Pick<Values, Name>
      ? never
      : `The row has no value for the column "${Name}" of the table "${Table}".`
}[keyof Values & string]

/** Types that `const` does not make read-only. */
type Opaque =
  | string
  | number
  | bigint
  | boolean
  | symbol
  | null
  | undefined
  | Date
  | ArrayBufferView
  | ((...parameters: never[]) => unknown)

/** A value as it would be inferred without `const`, which makes arrays and objects read-only. */
type Writable<Value> = Value extends Opaque
  ? Value
  : { -readonly [Name in keyof Value]: Writable<Value[Name]> }
