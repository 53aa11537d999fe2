import type { DefaultTheme } from 'vitepress'
import { type Area, type Page, type Section, sections } from './pages.ts'

/** The links at the top of each page. */
export const navigation: DefaultTheme.NavItem[] = [
  { text: 'Start', link: '/start' },
  { text: 'Concepts', link: '/concepts/why-buffer', activeMatch: '^/concepts/' },
  { text: 'Guides', link: '/ingest', activeMatch: matchOf('Guides') },
  { text: 'Runbooks', link: '/runbooks/dead-letter-queue-fills', activeMatch: matchOf('Runbooks') },
  {
    text: 'Reference',
    link: '/reference/configuration',
    activeMatch: `^/reference/|${matchOf('Reference')}`,
  },
  { text: 'The numbers', link: '/spike' },
]

/** Pages that the build writes. */
export const generated: readonly Page[] = [
  { text: 'API reference', link: '/reference/api/' },
  { text: 'Changelog', link: '/reference/changelog' },
]

/** All pages with a menu, as "previous" and "next" lead through them. */
const pages: readonly Page[] = [...sections.flatMap(({ items }) => items), ...generated]

/**
 * The menus beside the pages, by the beginning of their addresses. The menu of the guides is that of all other pages,
 * because each page carries this table.
 *
 * @param api the pages of the API reference
 */
export function sidebars(api: readonly Page[]): DefaultTheme.SidebarMulti {
  return {
    // A menu of its own: it is long, and a group that folds is a button around a button, which screen readers cannot use.
    '/reference/api/': [
      { text: 'API reference', link: '/reference/api/', items: [...api] },
      { text: 'Back to the reference', link: '/reference/configuration' },
    ],
    ...sidebarsOf('Start', []),
    ...sidebarsOf('Runbooks', []),
    ...sidebarsOf('Reference', generated),
    '/': menuOf('Guides'),
  }
}

/** The pages before and after a page, across the menus: VitePress knows those of the same menu alone. */
export function neighboursOf(link: string): { readonly prev?: Page; readonly next?: Page } {
  const place = pages.findIndex((page) => page.link === link)
  if (place === -1) return {}
  const prev = pages[place - 1]
  // The API reference goes on in its own menu.
  const next = link === '/reference/api/' ? undefined : pages[place + 1]
  return { ...(prev !== undefined && { prev }), ...(next !== undefined && { next }) }
}

function sectionsOf(area: Area): readonly Section[] {
  return sections.filter((section) => section.area === area)
}

function menuOf(area: Area): DefaultTheme.SidebarItem[] {
  return sectionsOf(area).map(({ text, items }) => ({ text, items: [...items] }))
}

/** The menu of an area for each folder and each page at the top that belongs to it. */
function sidebarsOf(area: Area, more: readonly Page[]): DefaultTheme.SidebarMulti {
  const links = sectionsOf(area).flatMap(({ items }) => items.map(({ link }) => link))
  const beginnings = new Set(links.map((link) => /^\/[^/]+\/|^.*/.exec(link)?.[0] ?? link))
  const menu = [...menuOf(area), ...more.map((page) => ({ ...page }))]
  return Object.fromEntries([...beginnings].map((beginning) => [beginning, menu]))
}

function matchOf(area: Area): string {
  const links = sectionsOf(area).flatMap(({ items }) => items.map(({ link }) => link))
  return `^(?:${links.join('|')})$`
}
