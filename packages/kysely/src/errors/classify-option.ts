import { SpillwayError } from '@spillway/message'
import { dialectErrors, dialectErrorsOf } from '../dialects/all-errors.ts'
import { decide } from './classify-error.ts'

/**
 * The treatment of a record that the database refuses with a code, once the record is isolated:
 *
 * - `park`: it can never succeed; a copy goes to the dead-letter queue at once
 * - `retry`: it is delivered again
 * - `unavailable`: a service that the write needs is down, and no record is at fault; `batch` waits for it, and the
 *   breaker counts it
 */
export type CodeMeaning = 'park' | 'retry' | 'unavailable'

/**
 * Meanings of your own codes, for example those that triggers raise, by SQLSTATE (`OR001`), or by number in the form
 * that error codes have (`MYSQL_31001`).
 */
export type Classify = { readonly [Code in string]?: CodeMeaning }

const meanings: readonly unknown[] = ['park', 'retry', 'unavailable'] satisfies CodeMeaning[]

/**
 * Checks the option `classify`.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` that names the invalid entry: not a code, not a meaning, or a code
 * that a server sends for its own faults, such as a lost connection or a missing table, which no record causes
 */
export function checkClassify(owner: string, classify: unknown): void {
  if (classify === undefined) return
  const refused = (why: string) =>
    new SpillwayError('SPILLWAY_OPTION_INVALID', `${owner}: the option \`classify\` ${why}.`)
  if (typeof classify !== 'object' || classify === null || Array.isArray(classify)) {
    throw refused("must be an object of codes, as in { OR001: 'park' }")
  }
  for (const [code, meaning] of Object.entries(classify)) {
    const isOfTheServer = dialectErrors
      .map((dialect) => dialect.isServerCode(code))
      .find((is) => is !== undefined)
    if (isOfTheServer === undefined) {
      throw refused(
        `has the key "${code}", which is neither a SQLSTATE (five digits and capitals, as in OR001) nor a number (as in MYSQL_31001)`,
      )
    }
    if (!meanings.includes(meaning)) {
      throw refused(
        `has ${JSON.stringify(meaning) ?? typeof meaning} for ${code}; it must be 'park', 'retry' or 'unavailable'`,
      )
    }
    if (isOfTheServer) {
      throw refused(
        `cannot have ${code}: a server sends it for its own faults, which no record causes. Let the trigger raise another code`,
      )
    }
  }
}

/** The user's meaning of an error of the database; `undefined` if there is none. */
export function meaningOf(thrown: unknown, classify: Classify | undefined): CodeMeaning | undefined {
  if (classify === undefined) return undefined
  const { error } = decide(thrown)
  const codes = dialectErrorsOf(error)?.codesOf(error) ?? []
  return codes
    .map((code) => (Object.hasOwn(classify, code) ? classify[code] : undefined))
    .find((meaning) => meaning !== undefined)
}
