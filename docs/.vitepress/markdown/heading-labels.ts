import type { MarkdownRenderer } from 'vitepress'

/**
 * Names the link of a heading by the words of the heading. VitePress names it by its Markdown, with backticks and ids, and
 * screen readers say them.
 */
export function headingLabels(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('heading-labels', ({ tokens }) => {
    for (const [place, { type }] of tokens.entries()) {
      if (type !== 'heading_open') continue
      const children = tokens[place + 1]?.children ?? []
      const link = children.findIndex((token) => token.attrGet('class') === 'header-anchor')
      if (link === -1) continue
      const words = children.slice(0, link).map(({ content }) => content)
      children[link]?.attrSet('aria-label', `Link to "${words.join('').trim()}"`)
    }
  })
}
