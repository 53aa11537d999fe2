import type { MarkdownRenderer } from 'vitepress'

/** The pages whose rows have anchors. */
const pages: readonly string[] = ['errors.md', 'glossary.md']

/**
 * Gives each row of a catalogue an anchor by the name in its first cell: `errors.md#spillway_deadline`. So a search and a
 * link lead to the row, rather than to a long table.
 */
export function rowAnchors(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('row-anchors', ({ tokens, env }) => {
    if (!pages.includes(String(env.relativePath))) return
    for (const [place, token] of tokens.entries()) {
      const [first, inline] = tokens.slice(place + 1, place + 3)
      if (token.type !== 'tr_open' || first?.type !== 'td_open') continue
      token.attrSet('id', anchorOf((inline?.children ?? []).map(({ content }) => content).join('')))
    }
  })
}

function anchorOf(name: string): string {
  return name.toLowerCase().replace(/[^\w-]+/g, '-')
}

/**
 * Makes each row with an anchor a section of its page for the search.
 *
 * @param html of a page
 */
export function rowsAsSections(html: string): string {
  return html.replace(
    /<tr id="([^"]+)">\s*<td[^>]*>(.*?)<\/td>(.*?)<\/tr>/gs,
    (_, id: string, name: string, rest: string) =>
      `<h2>${name.replace(/<[^>]*>/g, '')} <a href="#${id}">#</a></h2><p>${rest}</p>`,
  )
}
