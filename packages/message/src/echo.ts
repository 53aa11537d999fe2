/** How many values of an input are looked at. */
const mostLeaves = 200

/** A start of a text that is as long as this is taken for the text. */
const tellingStart = 8

/** What is shorter is no secret, and stands in many a message for something else: "expected number to be >0". */
const shortest = 3

const redacted = '[redacted]'

/**
 * A validator's message without the values that it was given: valibot and arktype write them out, and so may a message
 * of one's own, but a response, a log and a dead-letter queue's console are no places for a password.
 *
 * @param value what the message is about
 */
export function withoutEcho(message: string, value: unknown): string {
  let text = message
  for (const leaf of leavesOf(value)) {
    for (const form of formsOf(leaf)) {
      if (text.includes(form)) text = replaceWhole(text, form)
    }
    // Validators shorten what is long: the start alone gives it away.
    if (leaf.length > tellingStart && text.includes(leaf.slice(0, tellingStart))) return 'Invalid value'
  }
  return text
}

/** The texts, numbers and big integers in a value, as text, the longest first. */
function leavesOf(value: unknown): readonly string[] {
  const leaves = new Set<string>()
  const waiting = [value]
  for (const next of waiting) {
    if (leaves.size >= mostLeaves || waiting.length > mostLeaves * 10) break
    if (typeof next === 'string') leaves.add(next)
    else if (typeof next === 'number' || typeof next === 'bigint') leaves.add(String(next))
    else if (typeof next === 'object' && next !== null)
      waiting.push(...Object.values(next).slice(0, mostLeaves))
  }
  leaves.delete('')
  return [...leaves].sort((a, b) => b.length - a.length)
}

function formsOf(leaf: string): readonly string[] {
  const json = JSON.stringify(leaf)
  const quoted = [json, `'${leaf}'`]
  return leaf.length < shortest ? quoted : [...quoted, leaf, json.slice(1, -1)]
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
