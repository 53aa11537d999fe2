import { SpillwayError } from '@spillway/message'
import { dialectErrors, dialectErrorsOf } from '../dialects/all-errors.ts'
import { decide } from './classify-error.ts'

/**
 * What becomes of a record that the database refuses with a code, once it is alone:
 *
 * - `park`: it can never succeed; a copy goes to the dead-letter queue at once
 * - `retry`: it is delivered again
 * - `unavailable`: something that the write needs is down, and no record is at fault; `batch` waits for it, and the breaker counts it
 */
export type CodeMeaning = 'park' | 'retry' | 'unavailable'

/**
 * Meanings of codes of your own, those that triggers raise for example, by SQLSTATE (`OR001`), or by number as the codes
 * of errors have it (`MYSQL_31001`).
 */
export type Classify = { readonly [Code in string]?: CodeMeaning }

const meanings: readonly unknown[] = ['park', 'retry', 'unavailable'] satisfies CodeMeaning[]

/**
 * Checks the option `classify`.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` that names the entry: not a code, not a meaning, or a code that a
 * server sends for its own faults, a lost connection or a missing table for example, which no record causes
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
        `has the key "${code}", which is no SQLSTATE (five digits and capitals, as in OR001) and no number (as in MYSQL_31001)`,
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

/** What the user says about an error of the database, if anything. */
export function meaningOf(thrown: unknown, classify: Classify | undefined): CodeMeaning | undefined {
  if (classify === undefined) return undefined
  const { error } = decide(thrown)
  const codes = dialectErrorsOf(error)?.codesOf(error) ?? []
  return codes
    .map((code) => (Object.hasOwn(classify, code) ? classify[code] : undefined))
    .find((meaning) => meaning !== undefined)
}
