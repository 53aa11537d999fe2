import { globSync } from 'node:fs'
import { access, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { sections } from '../docs/.vitepress/pages.ts'
import { errorCodes } from '../packages/message/src/index.ts'
import { root } from './workspace.ts'

const read = (path: string) => readFile(join(root, path), 'utf8')

/** The environment variables of Spillway. */
const variables = new Set(['SPILLWAY_CONNECTIONS', 'SPILLWAY_TEST_MYSQL_URL'])

/** The pages of the site, from its folder. */
const sitePages = globSync('**/*.md', {
  cwd: join(root, 'docs'),
  // The build writes the API reference and the changelog.
  exclude: (path) => /(?:^|\/)(?:\.vitepress|node_modules|snippets|reference\/api)$/.test(path),
}).filter((name) => name !== 'reference/changelog.md')
const pages = ['README.md', 'CONTRIBUTING.md', ...sitePages.map((name) => `docs/${name}`)]

it('lists every error code in docs/errors.md, with its meaning, and no other', async () => {
  const rows = [...(await read('docs/errors.md')).matchAll(/^\| `(SPILLWAY_\w+)` \| (.+?) \|/gm)]
  expect(rows.map(([, code, meaning]) => [code, meaning])).toStrictEqual(Object.entries(errorCodes))
})

it('names only error codes that exist', async () => {
  for (const page of pages) {
    const named = (await read(page)).match(/`SPILLWAY_[A-Z_]+`/g) ?? []
    const unknown = named.map((name) => name.slice(1, -1)).filter((name) => !(name in errorCodes))
    // Environment variables have the same form.
    expect(
      unknown.filter((name) => !variables.has(name)),
      page,
    ).toStrictEqual([])
  }
})

it('uses every error code in the code', async () => {
  // A recursive readdir would follow the links in node_modules from package to package.
  const files = globSync('packages/*/src/**/*.ts', { cwd: root }).filter(
    (file) => !/^packages.message.src.error\.ts|test/.test(file),
  )
  const code = (await Promise.all(files.map(read))).join('\n')
  expect(Object.keys(errorCodes).filter((name) => !code.includes(`'${name}'`))).toStrictEqual([])
})

it('shows only code that is compiled: the exact text of an example or a snippet', async () => {
  for (const page of pages) {
    const text = await read(page)
    // Lines may be highlighted, as in ```ts {3}.
    const blocks = [...text.matchAll(/<!-- source: (\S+) -->\n```(\w+)\b.*\n([\s\S]*?)```/g)]
    const compiled = blocks.filter(([, , language]) => language === 'ts')
    expect(compiled.length, page).toBe(text.split(/^\s*```ts\b/m).length - 1)
    for (const [, file = '', , code = ''] of blocks)
      expect(await read(file), `${page}: ${file}`).toContain(code)
  }
})

it('lists every page in the sidebar of the site, with its title', async () => {
  const names = sitePages.filter((name) => name !== 'index.md')
  const titled = await Promise.all(
    names.map(async (name) => ({
      text: /^# (.+)$/m.exec(await read(`docs/${name}`))?.[1],
      link: `/${name.replace(/\.md$/, '')}`,
    })),
  )
  const byLink = (one: { link: string }, other: { link: string }) => one.link.localeCompare(other.link)
  expect(sections.flatMap(({ items }) => items).sort(byLink)).toStrictEqual(titled.sort(byLink))
})

it('links only to files that exist', async () => {
  for (const page of pages) {
    for (const [, target = ''] of (await read(page)).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      if (/^https?:/.test(target)) continue
      await expect(access(join(root, dirname(page), target)), `${page}: ${target}`).resolves.toBeUndefined()
    }
  }
})

it('names an existing test after each marked claim about outages: `<!-- scenario: file: name of the test -->`', async () => {
  const named = async (page: string) => {
    const marks = [...(await read(page)).matchAll(/<!-- scenario: (\S+): (.+?) -->/g)]
    for (const [, file = '', name = ''] of marks) {
      const code = await read(`packages/simulator/src/scenarios/${file}`)
      const titles = [...code.matchAll(/\(\s*(['"])((?:(?!\1).)+)\1,\s*(?:async )?\(/g)].map(
        ([, , title]) => title,
      )
      expect(titles, `${page}: ${file}`).toContain(name)
    }
    return marks.length
  }
  expect(await named('docs/concepts/outages.md')).toBeGreaterThanOrEqual(7)
  expect(await named('docs/batch.md')).toBeGreaterThanOrEqual(3)
  expect(await named('docs/breaker.md')).toBeGreaterThanOrEqual(6)
  expect(await named('docs/guides/breaker-alarm.md')).toBe(2)
  expect(await named('docs/kinesis.md')).toBeGreaterThanOrEqual(2)
})

it('creates the same tables in the examples as in the docs of the writer', async () => {
  const guides = (await read('docs/guides/transactions.md')) + (await read('docs/guides/status-page.md'))
  const tables = globSync('examples/*/migrations/*-{inbox,parked}.sql', { cwd: root })
  expect(tables.length).toBe(4)
  for (const file of tables) expect(guides, file).toContain(await read(file))
})
