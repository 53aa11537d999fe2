import type { MarkdownRenderer } from 'vitepress'

/** The empty cell in the corner of a table is a plain cell: as a header it would announce a column without a name. */
export function cornerCells(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('corner-cells', ({ tokens }) => {
    for (const [place, token] of tokens.entries()) {
      const close = tokens[place + 2]
      if (token.type !== 'th_open' || close?.type !== 'th_close' || tokens[place + 1]?.content !== '')
        continue
      token.tag = 'td'
      close.tag = 'td'
    }
  })
}
