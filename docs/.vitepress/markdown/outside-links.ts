import { posix } from 'node:path'
import type { MarkdownRenderer } from 'vitepress'

type Rule = Parameters<MarkdownRenderer['core']['ruler']['push']>[1]
type Token = Parameters<Rule>[0]['tokens'][number]

/**
 * Makes links to files that are no pages, `../packages/sqs` for example, links to the repository. Where its address is not
 * known yet, only their text stays.
 *
 * @param repository its address, without a slash at the end
 */
export function outsideLinks(repository: string | undefined): (markdown: MarkdownRenderer) => void {
  return (markdown) => {
    markdown.core.ruler.push('outside-links', ({ tokens, env }) => {
      const folder = posix.join('docs', posix.dirname(String(env.relativePath)))
      for (const { children } of tokens) for (const link of outside(children ?? [], folder)) rewrite(link)
    })
  }

  function rewrite({ open, close, path }: OutsideLink): void {
    if (repository !== undefined) {
      open.attrSet('href', `${repository}/tree/main/${path}`)
      return
    }
    for (const token of [open, close])
      Object.assign(token, { type: 'text', tag: '', content: '', attrs: null })
  }
}

interface OutsideLink {
  readonly open: Token
  readonly close: Token
  /** From the root of the repository. */
  readonly path: string
}

function outside(tokens: readonly Token[], folder: string): readonly OutsideLink[] {
  return tokens.flatMap((open, place) => {
    const href = open.type === 'link_open' ? open.attrGet('href') : null
    if (href === null || /^(?:[a-z]+:|#|\/)/.test(href)) return []
    const path = posix.join(folder, href)
    if (isPage(path)) return []
    const close = tokens.slice(place).find(({ type, level }) => type === 'link_close' && level === open.level)
    return close === undefined ? [] : [{ open, close, path }]
  })
}

function isPage(path: string): boolean {
  return /^docs\/.*\.md(?:#|$)/.test(path)
}
