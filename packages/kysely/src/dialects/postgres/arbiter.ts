import type { ConflictRule } from '../conflict-rule.ts'

/** A unique index of the catalogue. */
export interface UniqueIndex {
  readonly name: string
  /** False for a deferrable constraint. */
  readonly isImmediate: boolean
  readonly isValid: boolean
  /** The condition of a partial index. */
  readonly predicate: string | null
  readonly hasExpressions: boolean
  readonly columns: readonly string[]
  /** The name of the constraint that it belongs to. */
  readonly constraint: string | null
}

/** The facts that determine which constraint `on conflict` can name. */
export interface ArbiterFacts {
  readonly kind: string
  readonly insteadOf: boolean
  readonly indexes: readonly UniqueIndex[]
}

/**
 * Why Postgres finds no constraint for the conflict columns; `undefined` if it finds one, or if only Postgres can tell.
 */
export function arbiterFault(
  facts: ArbiterFacts,
  { on, where, constraint }: Pick<ConflictRule, 'on' | 'where' | 'constraint'>,
): string | undefined {
  const { kind, insteadOf, indexes } = facts
  if (insteadOf) {
    return "it is a view with an INSTEAD OF trigger, which has no unique constraint for `on conflict`: write to its table, or use `do: 'fail'`"
  }
  // An automatically updatable view has the constraints of its table.
  if (kind === 'v') return undefined
  const named =
    constraint === undefined ? indexes : indexes.filter((index) => index.constraint === constraint)
  const sameColumns = named.filter((index) => !index.hasExpressions && covers(index, on))
  // Postgres uses all matching constraints, and a deferrable one makes the statement fail (55000).
  const deferrable = sameColumns.find(({ isImmediate, isValid }) => isValid && !isImmediate)
  if (deferrable === undefined && sameColumns.some((index) => isUsable(index, where !== undefined)))
    return undefined
  const columns = on.map((column) => `"${column}"`).join(', ')
  if (constraint !== undefined && sameColumns.length === 0) {
    return `no unique constraint "${constraint}" covers exactly the conflict columns ${columns}`
  }
  const index = deferrable ?? sameColumns[0]
  if (index !== undefined)
    return `${whyNot(index)}, and no other covers exactly the conflict columns ${columns}`
  const ofExpressions = indexes.filter(({ hasExpressions }) => hasExpressions).map(({ name }) => name)
  const hint =
    ofExpressions.length === 0
      ? ': add it, or correct `conflict`'
      : ` (one on an expression, ${ofExpressions.join(', ')}, is not a constraint on a column: add a column for the value of the expression, with a unique constraint)`
  return `no unique constraint covers exactly the conflict columns ${columns}${hint}`
}

function covers({ columns }: UniqueIndex, on: readonly string[]): boolean {
  return columns.length === on.length && on.every((column) => columns.includes(column))
}

// Postgres decides whether the condition matches the condition of the index (42P10).
function isUsable({ isImmediate, isValid, predicate }: UniqueIndex, hasCondition: boolean): boolean {
  return isImmediate && isValid && (predicate === null || hasCondition)
}

function whyNot({ name, isImmediate, isValid, predicate }: UniqueIndex): string {
  if (!isImmediate) {
    return `the unique constraint ${name} is deferrable, which SQL does not allow for \`on conflict\`: make it \`not deferrable\`, or use \`do: 'fail'\``
  }
  if (!isValid) return `the unique index ${name} is not valid: its build failed, so reindex it`
  return `the unique index ${name} is partial (where ${predicate}), so that a row outside of it would be written at each delivery: give its condition as \`where\`, or make it cover all rows`
}
