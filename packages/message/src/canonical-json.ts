/**
 * The canonical JSON of a value: names are sorted by their UTF-16 code units, without white space between tokens.
 *
 * Source: RFC 8785, "JSON Canonicalization Scheme". Lone surrogates are escaped, where the RFC rejects them.
 *
 * @throws TypeError for what JSON cannot hold: a bigint, a function, `undefined`
 */
export function canonicalJson(json: unknown): string {
  let text = ''
  // No recursion: a value may nest deeper than the call stack.
  const waiting: ({ readonly token: string } | { readonly value: unknown })[] = [{ value: json }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if ('token' in next) {
      text += next.token
      continue
    }
    const { value } = next
    if (Array.isArray(value)) {
      text += '['
      waiting.push({ token: ']' })
      for (let index = value.length - 1; index >= 0; index--) {
        waiting.push({ value: value[index] })
        if (index > 0) waiting.push({ token: ',' })
      }
    } else if (typeof value === 'object' && value !== null) {
      text += '{'
      waiting.push({ token: '}' })
      const names = Object.keys(value).sort()
      for (let index = names.length - 1; index >= 0; index--) {
        const name = names[index] as string
        waiting.push({ value: Reflect.get(value, name) })
        waiting.push({ token: `${index > 0 ? ',' : ''}${JSON.stringify(name)}:` })
      }
    } else {
      text += scalar(value)
    }
  }
  return text
}

function scalar(value: unknown): string {
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new TypeError(`a ${typeof value} is not a value of JSON`)
  return text
}
