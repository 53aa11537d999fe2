import type { StandardSchemaV1 } from '@standard-schema/spec'
import { isObject } from './plain.ts'

/** How many values of an input are looked for in a message. */
const mostLeaves = 500

/** A start of a text that is as long as this is taken for the text. */
const tellingStart = 8

/** What is shorter is no secret, and stands in many a message for something else: "expected number to be >0". */
const shortest = 3

/** No validator has more to say than this; what is longer has the input in it. */
const longestMessage = 2000

const redacted = '[redacted]'
const nothingTold = 'Invalid value'

/**
 * A message without the value that it is about: valibot and arktype write it out, and so may a message of one's own, but
 * a response, a log and a dead-letter queue's console are no places for a password.
 *
 * What valibot and arktype write is known for what it is, whatever a transform made of the input, and so are zod's limits
 * and unknown names, which quote no value: a list of numbers may hold its own limit. For the rest the first 500 values at the issue's own path are looked for. A value that a transform changed, or one of another path,
 * is not found in a message that is the schema's own: what stands elsewhere in a body is mostly the same as a limit or a
 * choice that the message has to tell.
 *
 * @param value what stands at the path of the issue
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
    // Validators shorten what is long: the start alone gives it away.
    if (leaf.length > tellingStart && text.includes(leaf.slice(0, tellingStart))) return nothingTold
  }
  return text
}

/** zod's own messages of limits and unknown names, from the first character to the last. */
const zods =
  /^(?:Too (?:big|small): expected \w+ to (?:be|have) [<>]=?-?\d[\d.e+-]*(?: \w+)?|Unrecognized keys?: (?:"[^"]*"(?:, |$))+)$/

/** What a message of valibot's own quotes at its end: what it expects may look the same, and is no value. */
function ownOfValibot(issue: StandardSchemaV1.Issue): string | undefined {
  const { message } = issue
  const { received } = issue as { readonly received?: unknown }
  if (typeof received !== 'string' || received === '') return undefined
  return valibots.test(message) && message.endsWith(received) ? received : undefined
}

/** `Invalid type: Expected string but received 1`, `Invalid key: Received "a"`. */
const valibots = /^Invalid [^:]+: (?:Expected .+ but r|R)eceived /s

/** Without what a validator itself says that it quotes from its input, in a message of one's own. */
function withoutQuotes(message: string, issue: object): string {
  if ('received' in issue && typeof issue.received === 'string' && issue.received !== '') {
    return message.replaceAll(issue.received, redacted)
  }
  // arktype: `… (was "value")`.
  return 'actual' in issue ? message.replaceAll(/\(was .*\)/g, `(was ${redacted})`) : message
}

/** The texts, numbers and big integers in a value, as text, the longest first. */
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

/** Replaces a text where it stands alone: the value `e` is not in the word "expected". */
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
