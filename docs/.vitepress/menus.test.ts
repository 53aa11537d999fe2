import { expect, it } from 'vitest'
import { navigation, neighboursOf, sidebars } from './menus.ts'
import { sections } from './pages.ts'

/** The pages in the menu beside a page, as VitePress chooses it: the first of the longest beginnings. */
function menuBeside(link: string): readonly string[] {
  const menus = sidebars([{ text: '@spillway/batch', link: '/reference/api/batch' }])
  const [found] = Object.keys(menus)
    .sort((a, b) => b.split('/').length - a.split('/').length)
    .filter((beginning) => link.startsWith(beginning))
  const menu = menus[found ?? '']
  if (!Array.isArray(menu)) throw new Error(`no menu beside ${link}`)
  return menu.flatMap(({ link: own, items = [] }) => [own ?? '', ...items.map((item) => item.link ?? '')])
}

const all = sections.flatMap(({ items }) => items.map(({ link }) => link))

it.each(all)('has %s in the menu beside it', (link) => {
  expect(menuBeside(link)).toContain(link)
})

it('has a menu for each area', () => {
  expect(menuBeside('/start')).toContain('/concepts/outages')
  expect(menuBeside('/spike')).toContain('/concepts/outages')
  expect(menuBeside('/concepts/outages')).not.toContain('/ingest')
  expect(menuBeside('/runbooks/queue-grows')).not.toContain('/ingest')
  expect(menuBeside('/errors')).toContain('/reference/changelog')
  expect(menuBeside('/reference/changelog')).toContain('/reference/changelog')
  expect(menuBeside('/reference/api/batch')).toContain('/reference/api/batch')
})

it('leads from page to page, from one menu to the next', () => {
  expect(neighboursOf('/start')).toEqual({
    next: { text: 'Why buffer', link: '/concepts/why-buffer' },
  })
  expect(neighboursOf('/concepts/parking').next?.link).toBe('/ingest')
  expect(neighboursOf('/ingest').prev?.link).toBe('/concepts/parking')
  expect(neighboursOf('/reference/changelog')).toEqual({
    prev: { text: 'API reference', link: '/reference/api/' },
  })
  expect(neighboursOf('/reference/api/')).toEqual({
    prev: { text: 'Benchmarks', link: '/benchmarks' },
  })
  expect(neighboursOf('/reference/api/batch')).toEqual({})
})

it.each(all)('marks one link at the top for %s', (link) => {
  const active = navigation.filter(
    (item) =>
      'link' in item &&
      (item.activeMatch === undefined ? item.link === link : new RegExp(item.activeMatch).test(link)),
  )
  expect(active).toHaveLength(1)
})
