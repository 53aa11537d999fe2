import type { MarkdownRenderer } from 'vitepress'

/**
 * Gives code the name of the file that it comes from: of the mark `<!-- source: examples/orders/ingest.ts -->` before it.
 * A file of the examples is shown with its path and leads to the repository, one of the snippets by its name alone.
 *
 * @param repository its address, without a slash at the end; without it nothing is linked
 */
export function codeTitles(repository: string | undefined): (markdown: MarkdownRenderer) => void {
  return (markdown) => {
    markdown.core.ruler.push('code-titles', ({ tokens }) => {
      for (const [place, token] of tokens.entries()) {
        if (token.type !== 'html_block' || tokens[place + 1]?.type !== 'fence') continue
        const [, path] = /^<!-- source: (\S+) -->\s*$/.exec(token.content) ?? []
        if (path !== undefined) token.content = `<p class="code-title">${titleOf(path, repository)}</p>\n`
      }
    })
  }
}

function titleOf(path: string, repository: string | undefined): string {
  if (!path.startsWith('examples/')) return path.slice(path.lastIndexOf('/') + 1)
  return repository === undefined ? path : `<a href="${repository}/blob/HEAD/${path}">${path}</a>`
}
