import type { TableFacts } from '../dialects/table.ts'

/** The facts of one table, which are read from the database on first use. */
export interface Catalogue {
  /** The facts, if they were read; `undefined` after `forget`. */
  readonly known: TableFacts | undefined
  /**
   * Reads the facts once. Concurrent first calls share one read, and a failed read is not kept.
   *
   * @throws what the read throws
   */
  read(): Promise<TableFacts>
  /** Clears the cache: the next call of `read` asks the database. */
  forget(): void
}

/** Creates the {@link Catalogue} of one table, for the lifetime of the writer. */
export function createCatalogue(readFacts: () => Promise<TableFacts>): Catalogue {
  let facts: Promise<TableFacts> | undefined
  let known: TableFacts | undefined
  return {
    get known() {
      return known
    },
    read() {
      if (facts !== undefined) return facts
      const reading = readFacts()
      facts = reading
      reading.then(
        (read) => {
          if (facts === reading) known = read
        },
        // The caller of `read` gets the error.
        () => {
          if (facts === reading) facts = undefined
        },
      )
      return reading
    },
    forget() {
      facts = undefined
      known = undefined
    },
  }
}

/** Whether two reads of a table found the same columns and types, and the same limit of a statement. */
export function sameTable(one: TableFacts, other: TableFacts): boolean {
  const text = ({ types, key = new Map(), maxStatementBytes }: TableFacts) =>
    JSON.stringify([sorted(types), sorted(key), maxStatementBytes])
  return text(one) === text(other)
}

function sorted<Value>(byName: ReadonlyMap<string, Value>): (readonly [string, Value])[] {
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1))
}
