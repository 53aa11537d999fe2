import {
  hasBytes,
  hasDigits,
  hasLength,
  hasNoSpaceAtEnd,
  hasSeconds,
  isDay,
  isDouble,
  isInteger,
  type KeyColumn,
} from '../key-column.ts'

/** A column in the catalogue. */
export interface MysqlColumn {
  readonly name: string
  /** `varchar` */
  readonly type: string
  /** `varchar(36)` */
  readonly declared: string
  readonly collation: string | null
  readonly seconds: number | string | null
  readonly digits: number | string | null
  readonly length: number | string | null
}

/** Whether a column may change a key in a way that cannot be predicted from the value. */
export function isFloating({ type }: MysqlColumn): boolean {
  return type === 'float' || type === 'set'
}

/** How a conflict column stores and compares its values. */
export function mysqlKeyColumn(column: MysqlColumn): KeyColumn {
  const { declared, collation } = column
  const holds = holdsOf(column)
  return {
    type: declared,
    // A text is stored unchanged, and compared by its collation. Collations that end in `_bin` ignore spaces at the
    // end.
    ...(isText(column) && collation !== null ? { collation } : {}),
    ...(holds === undefined ? {} : { holds }),
  }
}

function isText({ type }: MysqlColumn): boolean {
  return type.endsWith('char') || type.endsWith('text')
}

function holdsOf({ type, declared, seconds, digits, length }: MysqlColumn): KeyColumn['holds'] {
  switch (type) {
    case 'tinyint':
    case 'smallint':
    case 'mediumint':
    case 'int':
    case 'bigint':
      return isInteger
    case 'year':
      return (value) => /^(?:\d{4}|0)$/.test(String(value))
    case 'decimal':
      return hasDigits(Number(digits ?? 0))
    case 'double':
      return isDouble
    case 'date':
      return isDay
    case 'datetime':
    case 'timestamp':
    case 'time':
      return hasSeconds(Number(seconds ?? 0))
    case 'char':
      return hasNoSpaceAtEnd
    case 'varchar':
      return hasLength(Number(length))
    case 'binary':
      return hasBytes(Number(length))
    case 'enum':
      return isMember(declared)
    default:
      return undefined
  }
}

/** The server also accepts a member by its number, and by a text that its collation treats as equal. */
function isMember(declared: string): (value: unknown) => boolean {
  const members = new Set(
    [...declared.matchAll(/'((?:[^']|'')*)'/g)].map(([, member = '']) => member.replaceAll("''", "'")),
  )
  return (value) => members.has(String(value)) && typeof value === 'string'
}
