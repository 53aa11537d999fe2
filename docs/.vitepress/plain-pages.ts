import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { absoluteLinks } from './absolute-links.ts'
import type { Addresses } from './addresses.ts'
import type { Page } from './pages.ts'
import { sections } from './pages.ts'

/** A page as Markdown, for readers that are programs. */
interface PlainPage {
  readonly title: string
  /** The first sentence of the page, without marks. */
  readonly summary: string
  readonly text: string
}

/** Where the pages are, and where they are written. */
interface PlainPages {
  /** The pages, from `docs`. */
  readonly files: readonly string[]
  /** The folder of the pages. */
  readonly docs: string
  /** The folder of the built site. */
  readonly out: string
  /** Where links lead. */
  readonly addresses: Addresses
  /** Pages that the build has written: they come last in `llms.txt`. */
  readonly generated: readonly Page[]
}

/**
 * Writes beside each built page its Markdown, `/budget.md` beside `/budget`, and two files that list them for programs:
 * `llms.txt` has titles and summaries (https://llmstxt.org), `llms-full.txt` all the text but the generated pages.
 */
export function writePlainPages({ files, docs, out, addresses, generated }: PlainPages): void {
  const pages = new Map(
    files.map((file) => [file, plainPage(readFileSync(join(docs, file), 'utf8'), file, addresses)]),
  )
  for (const [file, { text }] of pages) {
    mkdirSync(dirname(join(out, file)), { recursive: true })
    writeFileSync(join(out, file), text)
  }
  const { site = '' } = addresses
  const lineOf = ({ text: title, link }: Page) => {
    const file = fileOf(link)
    return `- [${title}](${site}/${file}): ${pages.get(file)?.summary ?? ''}`.replace(/: $/, '')
  }
  const lists = [...sections, { text: 'Optional', items: generated }].map(
    ({ text, items }) => `## ${text}\n\n${items.map(lineOf).join('\n')}\n`,
  )
  const about = pages.get('index.md')?.text.split('\n')[2] ?? ''
  writeFileSync(join(out, 'llms.txt'), `# Spillway\n\n> ${about}\n\n${lists.join('\n')}`)
  const machine = new Set(generated.map(({ link }) => fileOf(link)))
  const full = [...pages].filter(([file]) => !machine.has(file)).map(([, { text }]) => text)
  writeFileSync(join(out, 'llms-full.txt'), full.join('\n---\n\n'))
}

/** The file of a page. A link to a folder is to its `index.md`. */
function fileOf(link: string): string {
  return `${link.slice(1).replace(/(?<=^|\/)$/, 'index')}.md`
}

/**
 * The Markdown of a page without what only the site understands: front matter, comments, components, HTML, marks of tabs,
 * ids of headings. Its links are absolute.
 *
 * @param source of the page
 * @param file of the page, from `docs`
 * @param addresses where its links lead
 */
export function plainPage(source: string, file: string, addresses: Addresses = {}): PlainPage {
  const [, tagline = ''] = /^ {2}tagline: (.+)$/m.exec(source) ?? []
  const body = outsideCode(source.replace(/^---\n.*?\n---\n/s, ''), (part) =>
    absoluteLinks(withoutMarks(part), file, addresses),
  )
    .replace(/\n{3,}/g, '\n\n')
    .trim()
  const home = tagline === '' ? [] : ['# Spillway', tagline]
  const text = `${[...home, body].filter((part) => part !== '').join('\n\n')}\n`
  const [, title = ''] = /^# (.+)$/m.exec(text) ?? []
  return { title, summary: summaryOf(text), text }
}

function withoutMarks(text: string): string {
  return text
    .replace(/<script\b.*?<\/script>\n/gs, '')
    .replace(/<!--.*?-->\n?/gs, '')
    .replace(/^<[A-Z]\w*[^>]*\/>\n/gm, '')
    .replace(/<a href="([^"]+)"[^>]*>(.*?)<\/a>/g, '[$2]($1)')
    .replace(/<a id="[^"]*"><\/a>\n?/g, '')
    .replace(/^[ \t]*<\/?[a-z][^>]*>[ \t]*\n/gm, '')
    .replace(/^:{3,}(?: tabs \w+)?\n/gm, '')
    .replace(/^== (.+)$/gm, '\n**$1**\n')
    .replace(/^(#+ .*?) \{#[\w-]+\}$/gm, '$1')
}

/** Changes a text, but for its blocks of code. */
function outsideCode(text: string, change: (part: string) => string): string {
  return text
    .split(/(^[ \t]*```.*?^[ \t]*```[ \t]*$)/ms)
    .map((part, place) => (place % 2 === 1 ? part : change(part)))
    .join('')
}

function summaryOf(text: string): string {
  const paragraph =
    text.split('\n\n').find((part) => /^(?:[\w`[]|\*[^*\s])/.test(part) && !/^(?:_|```)/.test(part)) ?? ''
  const words = paragraph
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[`*]/g, '')
    .replaceAll('\n', ' ')
    .trim()
  const [sentence = words.replace(/:$/, '.')] = /^.*?[.?](?=\s|$)/.exec(words) ?? []
  return sentence
}
