/**
 * The rule that a row breaks whose key differs from another's in the table, and is the same to the collation of its column.
 *
 * @param on the conflict columns
 */
export function equalByCollation(
  on: readonly string[],
  collationOf: (column: string) => string | undefined,
): string {
  const columns = on.map((column) => {
    const collation = collationOf(column)
    return collation === undefined ? `"${column}"` : `"${column}" (collation ${collation})`
  })
  return `another key is in the table, which the unique constraint of ${columns.join(', ')} takes for equal`
}
