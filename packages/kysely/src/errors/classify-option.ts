import { SpillwayError } from '@spillway/message'
import { failureOfMysqlNumber } from '../dialects/mysql/mysql-errors.ts'
import { decide, type Failure, failureOfState } from './classify-error.ts'
import { databaseWords } from './database-words.ts'

/**
 * What becomes of a record that the database refuses with a code, once it is alone:
 *
 * - `park`: it can never succeed; a copy goes to the dead-letter queue at once
 * - `retry`: it is delivered again
 * - `unavailable`: what the write needs is down, and no record is to blame; `batch` waits for it, and the breaker counts it
 */
export type CodeMeaning = 'park' | 'retry' | 'unavailable'

/**
 * Meanings of codes of your own, those that triggers raise for example, by SQLSTATE (`OR001`), or by number as the codes
 * of errors have it (`MYSQL_31001`).
 */
export type Classify = { readonly [Code in string]?: CodeMeaning }

const meanings: readonly unknown[] = ['park', 'retry', 'unavailable'] satisfies CodeMeaning[]
const state = /^[\dA-Z]{5}$/
const number = /^MYSQL_[1-9]\d{0,4}$/

// What the server says of itself, its sessions, its schema and its files.
const classesOfTheServer =
  /^(?:00|08|25|28|2D|3D|3F|40|42|53|57|58|F0|0A)|^(?:55006|55P03|XX00[12]|54\d{3}|2200H)$/

/**
 * Holds the option `classify` against what it may be.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` that names the entry: no code, no meaning, or a code that a server sends for
 * faults of its own, a lost connection or a missing table for example, which no record causes
 */
export function checkClassify(owner: string, classify: unknown): void {
  if (classify === undefined) return
  const refused = (why: string) =>
    new SpillwayError('SPILLWAY_OPTION_INVALID', `${owner}: the option \`classify\` ${why}.`)
  if (typeof classify !== 'object' || classify === null || Array.isArray(classify)) {
    throw refused("must be an object of codes, as in { OR001: 'park' }")
  }
  for (const [code, meaning] of Object.entries(classify)) {
    if (!state.test(code) && !number.test(code)) {
      throw refused(
        `has the key "${code}", which is no SQLSTATE (five digits and capitals, as in OR001) and no number (as in MYSQL_31001)`,
      )
    }
    if (!meanings.includes(meaning)) {
      throw refused(
        `has ${JSON.stringify(meaning) ?? typeof meaning} for ${code}; it must be 'park', 'retry' or 'unavailable'`,
      )
    }
    if (isOfTheServer(code)) {
      throw refused(
        `cannot have ${code}: a server sends it for a fault of its own, which no record causes. Let the trigger raise a code of its own`,
      )
    }
  }
}

/** Failures of which a row may be the cause. */
const ofARow: ReadonlySet<Failure> = new Set(['permanent', 'ordering', 'duplicate', 'unknown'])

function isOfTheServer(code: string): boolean {
  if (code.startsWith('MYSQL_')) return !ofARow.has(failureOfMysqlNumber(Number(code.slice(6))))
  return classesOfTheServer.test(code) || !ofARow.has(failureOfState(code))
}

/** What the user says of an error of the database, if anything. */
export function meaningOf(thrown: unknown, classify: Classify | undefined): CodeMeaning | undefined {
  if (classify === undefined) return undefined
  const { error } = decide(thrown)
  const code = databaseWords(error)?.code
  if (code === undefined) return undefined
  const own = Object.hasOwn(classify, code) ? classify[code] : undefined
  if (own !== undefined || !code.startsWith('MYSQL_')) return own
  // `signal sqlstate 'OR001'` has the number 1644 with it.
  const said: unknown = Reflect.get(Object(error), 'sqlState')
  return typeof said === 'string' && Object.hasOwn(classify, said) ? classify[said] : undefined
}
