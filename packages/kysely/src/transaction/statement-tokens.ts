/** A token of a statement. */
export interface Token {
  readonly kind: 'text' | 'quoted' | 'parameter' | 'number' | 'word' | 'sign'
  /** The text of the token; a word in lower case, a quoted name without quotes. */
  readonly text: string
}

const pattern =
  /(?<space>\s+|--[^\n]*|\/\*[^*]*\*\/)|(?<text>'(?:[^'\\]|'')*')|"(?<quoted>[^"]*)"|`(?<backticked>[^`]*)`|(?<parameter>\$\d+|\?)|(?<number>\d+(?:\.\d*)?(?:e[-+]?\d+)?)|(?<word>[a-z_\u{80}-\u{10ffff}][\w$\u{80}-\u{10ffff}]*)|(?<sign>::|[<>!]=|<>|[-+*/%^|&#~@<>=!]+|[(),.;[\]:])/giuy

/** The tokens of a statement; `undefined` if a token is ambiguous, for example in a text with a backslash. */
export function tokensOf(statement: string): readonly Token[] | undefined {
  const tokens: Token[] = []
  let end = 0
  for (const { 0: whole, index, groups = {} } of statement.matchAll(pattern)) {
    end = index + whole.length
    const { space, backticked, quoted = backticked, word } = groups
    if (space !== undefined) continue
    if (quoted !== undefined) tokens.push({ kind: 'quoted', text: quoted })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word.toLowerCase() })
    else tokens.push({ kind: kindOf(groups), text: whole })
  }
  return end === statement.length ? tokens : undefined
}

function kindOf({ text, parameter, number }: Partial<Record<string, string>>): Token['kind'] {
  if (text !== undefined) return 'text'
  if (parameter !== undefined) return 'parameter'
  return number === undefined ? 'sign' : 'number'
}

/** Whether a token is one of these words or signs. A quoted name never is. */
export function isOne(token: Token | undefined, ...texts: readonly string[]): boolean {
  return (token?.kind === 'word' || token?.kind === 'sign') && texts.includes(token.text)
}

/** 1 for a token that opens a bracket, -1 for one that closes a bracket. */
export function depthOf(token: Token): number {
  if (isOne(token, '(', '[')) return 1
  return isOne(token, ')', ']') ? -1 : 0
}

/** The parts between commas outside of brackets. */
export function listOf(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const parts: Token[][] = [[]]
  let depth = 0
  for (const token of tokens) {
    depth += depthOf(token)
    if (depth === 0 && isOne(token, ',')) parts.push([])
    else parts.at(-1)?.push(token)
  }
  return parts
}

/** The position of the first of these words outside of brackets; the number of tokens if there is none. */
export function positionOf(tokens: readonly Token[], start: number, ...words: readonly string[]): number {
  let depth = 0
  for (const [index, token] of tokens.entries()) {
    if (index < start) continue
    if (depth === 0 && isOne(token, ...words)) return index
    depth += depthOf(token)
  }
  return tokens.length
}

/** The tokens inside of the brackets that enclose all tokens; `undefined` if none do. */
export function insideOf(tokens: readonly Token[]): readonly Token[] | undefined {
  if (!isOne(tokens[0], '(')) return undefined
  let depth = 0
  for (const [index, token] of tokens.entries()) {
    depth += depthOf(token)
    if (depth === 0) return index === tokens.length - 1 ? tokens.slice(1, -1) : undefined
  }
  return undefined
}
