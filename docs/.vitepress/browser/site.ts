import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import axe from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished } from 'vitest'

const out = join(import.meta.dirname, '..', 'dist')
const executablePath = [
  process.env.SPILLWAY_TEST_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path))

/** The built site in a browser. */
export interface Site {
  readonly origin: string
  /**
   * Opens a page of the site in a window of its own. The test fails if the page asks another site for anything, if a
   * request fails, or if a script fails.
   */
  open(path: string, options?: BrowserContextOptions): Promise<Page>
}

/**
 * Tests that need Chromium and the built site (`npm run docs:build`): registered when there is a Chromium in its usual
 * place, or where `SPILLWAY_TEST_CHROMIUM` says. Without it they do not exist, and one line on stderr says so.
 */
export function describeSite(name: string, define: (site: Site) => void): void {
  if (executablePath === undefined) {
    process.stderr.write(`Not registered without Chromium: ${name}\n`)
    return
  }
  if (!existsSync(out)) throw new Error('The site is not built: npm run docs:build')
  describe(name, () => {
    let shared: Shared
    beforeAll(async () => {
      started ??= start(executablePath)
      shared = await started
    })
    define({
      get origin() {
        return shared.origin
      },
      open: (path, options) => openPage(shared, path, options),
    })
  })
}

/** What all tests of a file share: a browser takes seconds to start. */
interface Shared {
  readonly origin: string
  readonly browser: Browser
  close(): Promise<void>
}

let started: Promise<Shared> | undefined
afterAll(async () => {
  await (await started)?.close()
})

async function start(executablePath: string): Promise<Shared> {
  const server = createServer(({ url = '/' }, response) => {
    const file = fileOf(new URL(url, 'http://site').pathname)
    const shown = file ?? join(out, '404.html')
    const type = types[extname(shown)] ?? 'application/octet-stream'
    response.writeHead(file === undefined ? 404 : 200, { 'content-type': type })
    response.end(readFileSync(shown))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const browser = await chromium.launch({ executablePath, args: launchArguments })
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    browser,
    async close() {
      await browser.close()
      server.close()
    },
  }
}

const launchArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.md': 'text/markdown; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
}

/** What a host of static pages answers: `/budget` is `budget.html`. */
function fileOf(path: string): string | undefined {
  return [`${path}`, `${path}.html`, join(path, 'index.html')]
    .map((name) => join(out, decodeURIComponent(name)))
    .find((file) => existsSync(file) && statSync(file).isFile())
}

/** The built pages: the HTML of each by its file. */
export function builtPages(): ReadonlyMap<string, string> {
  const files = globSync('**/*.html', { cwd: out }).sort()
  return new Map(files.map((file) => [file, readFileSync(join(out, file), 'utf8')]))
}

async function openPage(
  { browser, origin }: Shared,
  path: string,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options })
  const faults: string[] = []
  const page = await context.newPage()
  page.on('request', (request) => {
    if (!/^(?:data|blob):/.test(request.url()) && !request.url().startsWith(`${origin}/`))
      faults.push(`asks for ${request.url()}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 400) faults.push(`${response.status()} ${response.url()}`)
  })
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(message.text())
  })
  onTestFinished(async () => {
    await context.close()
    expect(faults).toStrictEqual([])
  })
  await page.goto(`${origin}${path}`)
  if (options.javaScriptEnabled !== false) await hydrated(page)
  return page
}

/** The bytes of all scripts that a page loads, gzipped. They are counted from its address on. */
export async function scriptBytes(site: Site, path: string): Promise<number> {
  const page = await site.open(path)
  const sources = await page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .map(({ name }) => name)
      .filter((name) => name.endsWith('.js')),
  )
  const prefetched = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLLinkElement>('link[rel="prefetch"]')].map(({ href }) => href),
  )
  // What is fetched ahead belongs to the pages that may come next.
  const own = new Set(sources.filter((source) => !prefetched.includes(source)))
  return [...own].reduce(
    (sum, source) => sum + gzipSync(readFileSync(join(out, new URL(source).pathname))).length,
    0,
  )
}

/** Waits until the scripts of a page have started. */
export async function hydrated(page: Page): Promise<void> {
  await page.waitForFunction(() => '__vue_app__' in (document.querySelector('#app') ?? {}))
}

/** What axe finds on a page, by the rules of this name or by all: the rule, and the first elements that break it. */
export async function axeFindings(page: Page, rules: readonly string[] = []): Promise<readonly string[]> {
  const isThere = await page.evaluate(() => 'axe' in globalThis)
  if (!isThere) await page.evaluate(axe.source)
  return page.evaluate(
    async (runOnly) => {
      const { violations } = await (globalThis as unknown as { readonly axe: typeof axe }).axe.run({
        resultTypes: ['violations'],
        // To fetch the style sheets and media takes most of the time, and serves two rules about video and the orientation.
        preload: false,
        ...(runOnly.length > 0 && { runOnly }),
      })
      return violations.map(
        ({ id, nodes }) =>
          `${id}: ${nodes
            .slice(0, 5)
            .map(({ html }) => html.slice(0, 160))
            .join(' | ')}`,
      )
    },
    [...rules],
  )
}
