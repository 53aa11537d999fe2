import type { StandardSchemaV1 } from '@standard-schema/spec'
import { isObject } from './plain.ts'

/** At most this many values of an input are searched in a message. */
const mostLeaves = 500

/** A message that holds this many characters from the start of a value counts as quoting it. */
const tellingStart = 8

/** Shorter values are not secrets, and often appear in messages with another meaning: "expected number to be >0". */
const shortest = 3

/** A longer message is assumed to contain the input. */
const longestMessage = 2000

const redacted = '[redacted]'
const nothingTold = 'Invalid value'

/**
 * The message of an issue with the invalid value redacted. The messages of valibot and arktype quote it, and custom
 * messages may. A password must not get into a response, a log or the console of a dead-letter queue.
 *
 * - The quotes of valibot and arktype are recognised by their form, even if a transform changed the value.
 * - Messages of zod for limits and unknown names are kept: they quote no value, and a list of numbers may hold the limit itself.
 * - In any other message the first 500 values at the path of the issue are searched. Values of other paths are not: they are
 *   often equal to a limit or a choice that the message has to show. Nor is a value found that a transform changed.
 *
 * @param value the value at the path of the issue
 */
export function redact(issue: StandardSchemaV1.Issue, value: unknown): string {
  const { message } = issue
  if (message.length > longestMessage) return nothingTold
  if (zods.test(message)) return message
  const received = ownOfValibot(issue)
  if (received !== undefined) return `${message.slice(0, -received.length)}${redacted}`
  let text = withoutQuotes(message, issue)
  for (const leaf of leavesOf(value)) {
    for (const form of formsOf(leaf)) {
      if (text.includes(form)) text = replaceWhole(text, form)
    }
    // Validators truncate long values: the start alone discloses them.
    if (leaf.length > tellingStart && text.includes(leaf.slice(0, tellingStart))) return nothingTold
  }
  return text
}

/** Complete messages of zod for limits and unknown names. They do not quote values. */
const zods =
  /^(?:Too (?:big|small): expected \w+ to (?:be|have) [<>]=?-?\d[\d.e+-]*(?: \w+)?|Unrecognized keys?: (?:"[^"]*"(?:, |$))+)$/

/**
 * The value that a built-in message of valibot quotes at its end. The expected text before it may look the same, but is
 * not a value.
 */
function ownOfValibot(issue: StandardSchemaV1.Issue): string | undefined {
  const { message } = issue
  const { received } = issue as { readonly received?: unknown }
  if (typeof received !== 'string' || received === '') return undefined
  return valibots.test(message) && message.endsWith(received) ? received : undefined
}

/** `Invalid type: Expected string but received 1`, `Invalid key: Received "a"`. */
const valibots = /^Invalid [^:]+: (?:Expected .+ but r|R)eceived /s

/** Removes from a custom message what the issue itself names as quoted input. */
function withoutQuotes(message: string, issue: object): string {
  if ('received' in issue && typeof issue.received === 'string' && issue.received !== '') {
    return message.replaceAll(issue.received, redacted)
  }
  // arktype: `… (was "value")`.
  return 'actual' in issue ? message.replaceAll(/\(was .*\)/g, `(was ${redacted})`) : message
}

/** The texts, numbers and big integers in a value, as text, longest first. */
function leavesOf(value: unknown): readonly string[] {
  const leaves = new Set<string>()
  const waiting = [value]
  for (const next of waiting) {
    if (leaves.size >= mostLeaves) break
    if (typeof next === 'string') leaves.add(next)
    else if (typeof next === 'number' || typeof next === 'bigint') leaves.add(String(next))
    else if (isObject(next) && waiting.length < mostLeaves * 10) {
      waiting.push(...Object.values(next).slice(0, mostLeaves))
    }
  }
  leaves.delete('')
  return [...leaves].sort((a, b) => b.length - a.length)
}

function formsOf(leaf: string): ReadonlySet<string> {
  if (leaf.length > longestMessage) return new Set()
  const json = JSON.stringify(leaf)
  const quoted = [json, `'${leaf}'`]
  return new Set(leaf.length < shortest ? quoted : [...quoted, leaf, json.slice(1, -1)])
}

const wordCharacter = /[\p{L}\p{N}_]/u

/** Replaces a text where it is a whole word: the value `e` does not match in "expected". */
function replaceWhole(text: string, part: string): string {
  let result = ''
  let from = 0
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, from)) {
    const end = at + part.length
    const joined =
      (wordCharacter.test(part[0] ?? '') && wordCharacter.test(text[at - 1] ?? '')) ||
      (wordCharacter.test(part.at(-1) ?? '') && wordCharacter.test(text[end] ?? ''))
    result += text.slice(from, at) + (joined ? part : redacted)
    from = end
  }
  return result + text.slice(from)
}
