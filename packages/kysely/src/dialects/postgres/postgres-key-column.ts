import {
  hasDigits,
  hasLength,
  hasNoSpaceAtEnd,
  hasSeconds,
  isDay,
  isDouble,
  type KeyColumn,
} from '../key-column.ts'

/** A conflict column in the catalogue. */
export interface PostgresColumn {
  readonly name: string
  /** `numeric(10,2)`; the name of a domain. */
  readonly type: string
  /** The name of the base type of all domains: `numeric`. */
  readonly base: string
  /** The packed type modifier; -1 means that there is none. */
  readonly modifier: number
  readonly collation: string | null
  /** Whether texts are equal only if their bytes are. */
  readonly isExact: boolean
}

const changing: ReadonlySet<string> = new Set(['float4', 'money', 'char'])

/** Why a column cannot be a conflict column; `undefined` when it can. */
export function isRefusedKey({ name, type, base }: PostgresColumn): string | undefined {
  if (!changing.has(base)) return undefined
  return `the conflict column "${name}" is of the type ${type}, which does not store every value unchanged: two keys could become one`
}

/** How a conflict column stores and compares its values. */
export function postgresKeyColumn(column: PostgresColumn): KeyColumn {
  const { type, base, collation, isExact } = column
  const holds = holdsOf(column)
  const inexact = base === 'citext' ? 'citext' : isExact ? undefined : (collation ?? undefined)
  return {
    type,
    ...(inexact === undefined ? {} : { collation: inexact }),
    ...(holds === undefined ? {} : { holds }),
  }
}

/** The modifier of a text is its length plus this header. */
const header = 4

function holdsOf({ base, modifier }: PostgresColumn): KeyColumn['holds'] {
  switch (base) {
    case 'bpchar':
      return hasNoSpaceAtEnd
    case 'varchar':
      return modifier < 0 ? undefined : hasLength(modifier - header)
    case 'name':
      return (value) => Buffer.byteLength(String(value)) < 64
    case 'numeric':
      // Eleven bits, with a sign since Postgres 15.
      return modifier < 0 ? undefined : hasDigits((((modifier - header) & 0x7ff) ^ 0x400) - 0x400)
    case 'float8':
      return isDouble
    case 'date':
      return isDay
    case 'timestamp':
    case 'timestamptz':
    case 'time':
    case 'timetz':
      return hasSeconds(modifier < 0 ? 6 : modifier)
    default:
      return undefined
  }
}
