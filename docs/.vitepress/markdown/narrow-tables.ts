import type { MarkdownRenderer } from 'vitepress'

type Rule = Parameters<MarkdownRenderer['core']['ruler']['push']>[1]
type Token = Parameters<Rule>[0]['tokens'][number]

/** A cell of more letters is text to read, rather than a name or a number. */
const mostOfName = 30
/** A word of more letters leaves too little room for the column beside it. */
const mostOfWord = 25

/**
 * Prepares tables for a phone. A table of text with three or more columns does not fit there: it gets the class `stacked`,
 * by which the style shows each row as a block, and the name of its column with each cell. A table of mostly short cells
 * is scrolled, and with the class `first-stays` its first column stays in sight.
 */
export function narrowTables(markdown: MarkdownRenderer): void {
  // VitePress's own rule leaves out the class. A table that is scrolled must take the focus of the keyboard.
  markdown.renderer.rules.table_open = (tokens, place, options, _env, self) => {
    tokens[place]?.attrSet('tabindex', '0')
    return self.renderToken(tokens, place, options)
  }
  markdown.core.ruler.push('narrow-tables', ({ tokens }) => {
    for (const [place, token] of tokens.entries()) {
      if (token.type !== 'table_open') continue
      const end = tokens.findIndex(({ type }, at) => at > place && type === 'table_close')
      prepare(token, cellsOf(tokens.slice(place, end)))
    }
  })
}

interface Cell {
  readonly open: Token
  readonly column: number
  readonly text: string
}

function cellsOf(tokens: readonly Token[]): readonly Cell[] {
  let column = 0
  return tokens.flatMap((open, place) => {
    if (open.type === 'tr_open') column = 0
    if (open.type !== 'th_open' && open.type !== 'td_open') return []
    return { open, column: column++, text: textOf(tokens[place + 1]) }
  })
}

function textOf(inline: Token | undefined): string {
  return (inline?.children ?? []).map(({ content }) => content).join('')
}

function prepare(table: Token, cells: readonly Cell[]): void {
  const heads = cells.filter(({ open }) => open.type === 'th_open').map(({ text }) => text)
  const longest = (column: number) =>
    Math.max(...cells.filter((cell) => cell.column === column).map(({ text }) => text.length))
  const hasLongWord = cells.some(({ text }) => text.split(/[\s-]/).some((word) => word.length > mostOfWord))
  const texts = heads.filter((_, column) => column > 0 && longest(column) > mostOfName).length
  const isText = longest(0) > mostOfName || texts >= (heads.length - 1) / 2
  if (isText && (heads.length > 2 || hasLongWord)) {
    table.attrJoin('class', 'stacked')
    for (const { open, column } of cells)
      if (open.type === 'td_open' && column > 0) open.attrSet('data-label', heads[column] ?? '')
  } else if (heads.length > 2 && longest(0) < mostOfName) {
    table.attrJoin('class', 'first-stays')
  }
}
