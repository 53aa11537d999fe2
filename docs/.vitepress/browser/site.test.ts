import { expect, it } from 'vitest'
import { sections } from '../pages.ts'
import { mostScript } from '../site-faults.ts'
import { axeFindings, describeSite, scriptBytes, started } from './site.ts'

/** A page of each kind. */
const kinds = [
  '/',
  '/start',
  '/concepts/outages',
  '/batch',
  '/budget',
  '/runbooks/queue-grows',
  '/errors',
  '/reference/configuration',
  '/benchmarks',
  '/spike',
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
  const shown = kinds.flatMap((path) => [['light', path] as const, ['dark', path] as const])
  it.each(shown)('has nothing that axe objects to: %s, %s', async (colorScheme, path) => {
    const page = await site.open(path, { colorScheme })
    const isDark = await page.evaluate(() => document.documentElement.classList.contains('dark'))
    expect(isDark).toBe(colorScheme === 'dark')
    expect(await axeFindings(page)).toStrictEqual([])
  })

  it.each(['/', '/batch'])('has nothing on %s that axe objects to on a phone', async (path) => {
    expect(await axeFindings(await site.open(path, phone))).toStrictEqual([])
  })

  it.each([
    ['an error code', 'SPILLWAY_DATABASE_UNAVAILABLE', '/errors#spillway_database_unavailable'],
    ['an option', 'maximumConcurrency', '/reference/configuration#functions-maximumconcurrency'],
    ['the words in an option', 'batching window', '/reference/configuration#functions-batchingwindow'],
    ['a term of AWS', 'visibility timeout', '/concepts/deadlines#choose-the-time-out'],
  ])('finds %s among the first three', async (_, term, address) => {
    const page = await site.open('/batch')
    await page.keyboard.press('Control+k')
    await page.locator('.VPLocalSearchBox input').fill(term)
    const results = page.locator('.VPLocalSearchBox .result')
    const found = () => results.evaluateAll((links) => links.map((link) => link.getAttribute('href')))
    await expect.poll(async () => (await found()).slice(0, 3)).toContain(address)
    await page.locator(`.VPLocalSearchBox .result[href="${address}"]`).click()
    await page.locator('.VPLocalSearchBox').waitFor({ state: 'detached' })
    await page.waitForURL((url) => url.pathname + url.hash === address)
    expect(await page.locator(`[id="${address.slice(address.indexOf('#') + 1)}"]`).isVisible()).toBe(true)
  })

  it('remembers that the reader wants it dark', async () => {
    const page = await site.open('/batch')
    const dark = () => page.evaluate(() => document.documentElement.classList.contains('dark'))
    expect(await dark()).toBe(false)
    await page.locator('.VPNavBarAppearance button').click()
    expect(await dark()).toBe(true)
    await page.reload()
    await started(page)
    expect(await dark()).toBe(true)
  })

  it.each([['/', ''], ...sections.map(({ text }) => [text, text])])(
    'is no wider than a phone of 360 pixels: %s',
    async (_, text) => {
      const links = sections.flatMap((section) => (section.text === text ? section.items : []))
      // Without scripts it is the same page, and sooner there.
      const page = await site.open('/', { ...phone, javaScriptEnabled: false })
      for (const path of text === '' ? ['/'] : links.map(({ link }) => link)) {
        await page.goto(`${site.origin}${path}`)
        expect(await page.evaluate(widest), path).toBeUndefined()
      }
    },
  )

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
    await started(page)
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
