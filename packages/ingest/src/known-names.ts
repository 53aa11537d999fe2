import { isObject } from '@spillway/message/internal'
import { isPlainContainer } from './inspect-body.ts'

/**
 * The input of a schema without the names that its output does not have. Usually the schema does not know those names.
 * The input itself when there are none.
 *
 * The schema may still need such a name: a transform may read it and drop it.
 */
export function keepKnown(input: unknown, output: unknown): unknown {
  // Recursion is safe: it only enters what the schema made itself, by recursion of its own.
  if (input === output || !isObject(input) || !isObject(output)) return input
  if (Array.isArray(input)) return Array.isArray(output) ? keepItems(input, output) : input
  if (Array.isArray(output) || !isPlainContainer(input) || !isPlainContainer(output)) return input
  return keepNames(input as Names, output)
}

function keepItems(input: readonly unknown[], output: readonly unknown[]): readonly unknown[] {
  if (input.length !== output.length) return input
  let kept: unknown[] | undefined
  for (let place = 0; place < input.length; place++) {
    const item = keepKnown(input[place], output[place])
    if (item === input[place]) continue
    kept ??= input.slice()
    kept[place] = item
  }
  return kept ?? input
}

type Names = Readonly<Record<string, unknown>>

function keepNames(input: Names, output: object): Names {
  const names = Object.keys(input)
  let kept: [string, unknown][] | undefined
  for (let place = 0; place < names.length; place++) {
    const name = names[place] as string
    const known = Object.hasOwn(output, name)
    const value = known ? keepKnown(input[name], (output as Names)[name]) : undefined
    if (kept === undefined) {
      if (known && value === input[name]) continue
      kept = names.slice(0, place).map((before) => [before, input[before]])
    }
    if (known) kept.push([name, value])
  }
  return kept === undefined ? input : Object.fromEntries(kept)
}
