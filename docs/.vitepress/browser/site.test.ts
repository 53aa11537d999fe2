import { expect, it } from 'vitest'
import { mostScript } from '../site-faults.ts'
import { axeFindings, builtPages, describeSite, hydrated, scriptBytes } from './site.ts'

/** A page of each kind. */
const kinds = [
  '/',
  '/start',
  '/concepts/outages',
  '/budget',
  '/errors',
  '/reference/configuration',
  '/benchmarks',
  '/spike',
  '/reference/api/batch',
  '/404',
]
const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }

/** The first element that makes a page wider than its window, in a browser. */
function widest(): string | undefined {
  const { scrollWidth, clientWidth } = document.documentElement
  if (scrollWidth <= clientWidth) return undefined
  const beyond = (element: Element) => element.getBoundingClientRect().right > clientWidth + 1
  return (
    [...document.querySelectorAll('body *')].find(beyond)?.outerHTML.slice(0, 300) ?? 'nothing that shows'
  )
}

describeSite('the site in a browser', (site) => {
  // One window for each kind of page: axe takes seconds, and its other rules find the same in the dark.
  it.each(kinds)('has nothing that axe objects to, in light and in dark: %s', async (path) => {
    const page = await site.open(path)
    const isDark = () => page.evaluate(() => document.documentElement.classList.contains('dark'))
    expect(await isDark()).toBe(false)
    expect(await axeFindings(page)).toStrictEqual([])
    await page.emulateMedia({ colorScheme: 'dark' })
    await expect.poll(isDark).toBe(true)
    expect(await axeFindings(page, ['color-contrast'])).toStrictEqual([])
  })

  it.each(['/', '/errors'])('has nothing on %s that axe objects to on a phone', async (path) => {
    expect(await axeFindings(await site.open(path, phone))).toStrictEqual([])
  })

  it('finds an error code, an option and a term of AWS among the first three', async () => {
    const page = await site.open('/batch')
    await page.keyboard.press('Control+k')
    const results = page.locator('.VPLocalSearchBox .result')
    const firstThree = () =>
      results.evaluateAll((links) => links.slice(0, 3).map((link) => link.getAttribute('href')))
    for (const [term, address] of [
      ['visibility timeout', '/concepts/deadlines#choose-the-time-out'],
      ['batching window', '/reference/configuration#functions-batchingwindow'],
      ['maximumConcurrency', '/reference/configuration#functions-maximumconcurrency'],
      ['SPILLWAY_DATABASE_UNAVAILABLE', '/errors#spillway_database_unavailable'],
    ] as const) {
      await page.locator('.VPLocalSearchBox input').fill(term)
      await expect.poll(firstThree).toContain(address)
    }
    // The last is the first of its list, and leads to the row.
    await page.keyboard.press('Enter')
    await page.waitForURL((url) => url.hash === '#spillway_database_unavailable')
    expect(await page.locator('#spillway_database_unavailable').isVisible()).toBe(true)
  })

  it('remembers that the reader wants it dark', async () => {
    const page = await site.open('/batch')
    const dark = () => page.evaluate(() => document.documentElement.classList.contains('dark'))
    expect(await dark()).toBe(false)
    await page.locator('.VPNavBarAppearance button').click()
    expect(await dark()).toBe(true)
    await page.reload()
    await hydrated(page)
    expect(await dark()).toBe(true)
  })

  it('is no wider than a phone of 360 pixels, on any page', async () => {
    // All pages have the same styles: to put one in the place of another is quicker than to load it.
    const page = await site.open('/budget', { ...phone, javaScriptEnabled: false })
    for (const [path, html] of builtPages()) {
      await page.evaluate((text) => {
        document.body.replaceWith(new DOMParser().parseFromString(text, 'text/html').body)
      }, html)
      expect(await page.evaluate(widest), path).toBeUndefined()
    }
  })

  it('shows in a long menu where the reader is', async () => {
    const page = await site.open('/from/synchronous-api')
    const place = page.locator('.VPSidebarItem.is-active')
    const isInMenu = () =>
      place.evaluate((item) => {
        const menu = item.closest('.VPSidebar')?.getBoundingClientRect()
        const { top, bottom } = item.getBoundingClientRect()
        return menu !== undefined && top >= menu.top && bottom <= menu.bottom
      })
    await expect.poll(isInMenu).toBe(true)
  })

  it('shows a table of text on a phone as blocks, with the names of its columns', async () => {
    const page = await site.open('/errors', phone)
    const cell = page.locator('#spillway_deadline td').last()
    expect(await cell.evaluate((element) => getComputedStyle(element, '::before').content)).toBe(
      '"what to do"',
    )
    const width = await cell.evaluate((element) => element.getBoundingClientRect().width)
    expect(width).toBeGreaterThan(200)
  })

  it.each(['/', '/budget', '/spike'])(
    'loads little for %s, what it asks for later included',
    async (path) => {
      const bytes = await scriptBytes(site, path)
      expect(bytes).toBeGreaterThan(20_000)
      expect(bytes).toBeLessThan(mostScript)
    },
  )

  it('moves nothing where the reader wants no motion', async () => {
    const count = () =>
      document
        .getAnimations()
        .filter((animation) => animation instanceof CSSAnimation && animation.playState === 'running').length
    expect(await (await site.open('/')).evaluate(count)).toBe(0)
    const moving = await site.open('/', { reducedMotion: 'no-preference' })
    expect(await moving.evaluate(count)).toBeGreaterThan(20)
    await moving.getByLabel('Stop the animation').check()
    expect(await moving.evaluate(count)).toBe(0)
  })
})

describeSite('the site by keyboard', (site) => {
  const focused = () => document.activeElement?.textContent?.trim() ?? ''

  it('begins with a link that skips the menus', async () => {
    const page = await site.open('/batch')
    await page.keyboard.press('Tab')
    expect(await page.evaluate(focused)).toBe('Skip to content')
    await page.keyboard.press('Enter')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('VPContent')
  })

  it('stops at no title in the menu: nothing folds', async () => {
    const page = await site.open('/batch')
    expect(await page.locator('.VPSidebar .item').count()).toBeGreaterThan(30)
    expect(await page.locator('.VPSidebar [tabindex="0"], .VPSidebar [role=button]').count()).toBe(0)
  })

  it('copies code as it is, without what a shell prints before it', async () => {
    const page = await site.open('/start', { permissions: ['clipboard-read', 'clipboard-write'] })
    await page.locator('.language-sh > .copy').first().focus()
    await page.keyboard.press('Enter')
    const copied = () => page.evaluate(() => navigator.clipboard.readText())
    await expect.poll(copied).toMatch(/^mkdir shop && cd shop\nnpm init -y\n/)
  })

  it('opens the menu of a phone, and closes it', async () => {
    const page = await site.open('/batch', phone)
    const menu = page.getByRole('button', { name: 'Menu', exact: true })
    await menu.focus()
    await page.keyboard.press('Enter')
    await page.locator('.VPSidebar.open').waitFor()
    await page.locator('.VPSidebar').getByRole('link', { name: 'FIFO queues' }).focus()
    await page.keyboard.press('Enter')
    await page.waitForURL('**/guides/fifo')
    await page.locator('.VPSidebar.open').waitFor({ state: 'detached' })
  })
})

describeSite('tabs', (site) => {
  const shown = (text: string) => `.tab-panel:has-text("${text}")`

  it('are remembered, from page to page and from visit to visit', async () => {
    const page = await site.open('/budget')
    expect(await page.locator(shown('idle_session_timeout')).first().isVisible()).toBe(true)
    await page.getByRole('radio', { name: 'MySQL' }).first().check()
    expect(await page.locator(shown('idle_session_timeout')).first().isVisible()).toBe(false)
    await page.reload()
    await hydrated(page)
    expect(await page.locator(shown('max_user_connections')).first().isVisible()).toBe(true)
    for (const radio of await page.getByRole('radio', { name: 'MySQL' }).all())
      expect(await radio.isChecked()).toBe(true)
  })

  it('are chosen with the arrow keys', async () => {
    const page = await site.open('/budget')
    await page.getByRole('radio', { name: 'Postgres' }).first().focus()
    await page.keyboard.press('ArrowRight')
    expect(await page.getByRole('radio', { name: 'MySQL' }).first().isChecked()).toBe(true)
  })
})

describeSite('the calculator', (site) => {
  it('says whether the connections fit, and has what is entered in its address', async () => {
    const page = await site.open('/budget')
    const field = (name: string) => page.locator(`.calculator [name=${name}]`)
    await field('maxConnections').fill('100')
    await field('reserved').fill('15')
    await field('environments').fill('20')
    await field('share').fill('10')
    const result = page.locator('.calculator .result')
    await expect.poll(() => result.textContent()).toContain('It does not fit')
    expect(await result.textContent()).toContain('200 connections, of a budget of 85')
    await field('share').fill('1')
    await expect.poll(() => result.textContent()).toContain('20 connections, of a budget of 85')
    expect(await result.textContent()).not.toContain('It does not fit')

    const { pathname, search } = new URL(page.url())
    const other = await site.open(`${pathname}${search}`)
    expect(await other.locator('.calculator [name=environments]').inputValue()).toBe('20')
    await expect
      .poll(() => other.locator('.calculator .result').textContent())
      .toContain('20 connections, of a budget of 85')
  })
})

describeSite('the site without JavaScript', (site) => {
  const off = { javaScriptEnabled: false }

  it('is read, with its diagrams, and walked through', async () => {
    const page = await site.open('/breaker', off)
    expect(await page.locator('h1').textContent()).toContain('The breaker')
    expect(await page.locator('.diagram svg').isVisible()).toBe(true)
    await page.locator('.pager-link.next').click()
    await page.waitForURL((url) => url.pathname !== '/breaker')
    expect(await page.locator('main h1').isVisible()).toBe(true)
  })

  it('switches its tabs', async () => {
    const page = await site.open('/budget', off)
    await page.getByRole('radio', { name: 'MySQL' }).first().check()
    expect(await page.locator('.tab-panel:has-text("max_user_connections")').first().isVisible()).toBe(true)
    expect(await page.locator('.tab-panel:has-text("idle_session_timeout")').first().isVisible()).toBe(false)
  })
})

describeSite('a page on paper', (site) => {
  it('is its text alone, with whole lines of code', async () => {
    const page = await site.open('/budget')
    await page.emulateMedia({ media: 'print' })
    for (const menu of ['.VPNav', '.VPSidebar', '.VPDoc .aside', '.VPDocFooter'])
      expect(await page.locator(menu).isVisible(), menu).toBe(false)
    expect(await page.locator('main h1').isVisible()).toBe(true)
    const cut = await page
      .locator('.vp-doc pre')
      .evaluateAll((blocks) => blocks.filter((block) => block.scrollWidth > block.clientWidth).length)
    expect(cut).toBe(0)
  })
})
