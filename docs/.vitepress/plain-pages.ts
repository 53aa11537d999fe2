import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { sections } from './pages.ts'

/** A page as Markdown, for readers that are programs. */
interface PlainPage {
  readonly title: string
  /** The first sentence of the page. */
  readonly summary: string
  readonly text: string
}

/**
 * Writes beside each built page its Markdown, `/budget.md` beside `/budget`, and two files that list them for programs:
 * `llms.txt` has titles and summaries (https://llmstxt.org), `llms-full.txt` all the text.
 *
 * @param files the pages, from `docs`
 * @param docs the folder of the pages
 * @param out the folder of the built site
 * @param site the address of the site, if it has one: links lead there
 */
export function writePlainPages(files: readonly string[], docs: string, out: string, site = ''): void {
  const pages = new Map(files.map((file) => [file, plainPage(readFileSync(join(docs, file), 'utf8'))]))
  for (const [file, { text }] of pages) {
    mkdirSync(dirname(join(out, file)), { recursive: true })
    writeFileSync(join(out, file), text)
  }
  writeFileSync(join(out, 'llms.txt'), listPages(pages, site))
  writeFileSync(join(out, 'llms-full.txt'), [...pages.values()].map(({ text }) => text).join('\n---\n\n'))
}

/** The Markdown of a page without what only the site understands: front matter, comments, components, marks of tabs. */
export function plainPage(source: string): PlainPage {
  const [, tagline = ''] = /^ {2}tagline: (.+)$/m.exec(source) ?? []
  const body = source
    .replace(/^---\n.*?\n---\n/s, '')
    .replace(/<script\b.*?<\/script>\n/gs, '')
    .replace(/<!--.*?-->\n?/gs, '')
    .replace(/^<[A-Z]\w*[^>]*\/>\n/gm, '')
    .replace(/^:{3,}(?: tabs \w+)?\n/gm, '')
    .replace(/^== (.+)$/gm, '**$1**\n')
    .trim()
  const home = tagline === '' ? [] : ['# Spillway', tagline]
  const text = `${[...home, body].filter((part) => part !== '').join('\n\n')}\n`
  const [, title = ''] = /^# (.+)$/m.exec(text) ?? []
  const [, paragraph = ''] = /^# .+\n+([^\n#|`-][^\n]*)/m.exec(text) ?? []
  const [summary = ''] = /^.*?[.:?](?=\s|$)/.exec(paragraph.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')) ?? []
  return { title, summary, text }
}

function listPages(pages: ReadonlyMap<string, PlainPage>, site: string): string {
  const lists = sections.map(({ text, items }) => {
    const lines = items.map(({ text: title, link }) => {
      const file = `${link.slice(1)}.md`
      return `- [${title}](${site}/${file}): ${pages.get(file)?.summary ?? ''}`
    })
    return `## ${text}\n\n${lines.join('\n')}\n`
  })
  const summary = pages.get('index.md')?.text.split('\n')[2] ?? ''
  return `# Spillway\n\n> ${summary}\n\n${lists.join('\n')}`
}
