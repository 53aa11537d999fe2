import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { absoluteLinks } from './absolute-links.ts'
import { plainPage, writePlainPages } from './plain-pages.ts'

it('leaves the words and the code of a page, and takes what only the site understands', () => {
  const source = `---
outline: 2
---
# The budget

How many [connections](kysely.md) are there? One number.

<!-- source: docs/snippets/a.ts -->
\`\`\`ts
const a = 1
\`\`\`

<Calculator />

::: tabs database
== Postgres
\`alter role\`
== MySQL
\`alter user\`
:::
`
  expect(plainPage(source, 'budget.md')).toEqual({
    title: 'The budget',
    summary: 'How many connections are there?',
    text: `# The budget

How many [connections](/kysely.md) are there? One number.

\`\`\`ts
const a = 1
\`\`\`

**Postgres**

\`alter role\`

**MySQL**

\`alter user\`
`,
  })
})

it('begins the home page with what the site is', () => {
  const source = '---\nlayout: home\nhero:\n  tagline: Holds a flood.\n---\n\n<TwoDesigns />\n\n## Code\n'
  expect(plainPage(source, 'index.md')).toEqual({
    title: 'Spillway',
    summary: 'Holds a flood.',
    text: '# Spillway\n\nHolds a flood.\n\n## Code\n',
  })
})

it('writes each page, and lists them', () => {
  const docs = mkdtempSync(join(tmpdir(), 'plain-pages-'))
  onTestFinished(() => rmSync(docs, { recursive: true }))
  mkdirSync(join(docs, 'runbooks'))
  writeFileSync(join(docs, 'index.md'), '---\nhero:\n  tagline: Holds a flood.\n---\n')
  writeFileSync(join(docs, 'errors.md'), '# Errors\n\nEvery code. And more.\n')
  writeFileSync(join(docs, 'runbooks/queue-grows.md'), '# The queue grows\n\nLook at its age.\n')
  const out = join(docs, 'out')
  mkdirSync(join(docs, 'reference/api'), { recursive: true })
  writeFileSync(join(docs, 'reference/api/index.md'), '# API reference\n\nAll of it.\n')
  writePlainPages({
    files: ['index.md', 'errors.md', 'runbooks/queue-grows.md', 'reference/api/index.md'],
    docs,
    out,
    addresses: { site: 'https://spillway.example' },
    generated: [{ text: 'API reference', link: '/reference/api/' }],
  })
  expect(readFileSync(join(out, 'runbooks/queue-grows.md'), 'utf8')).toBe(
    '# The queue grows\n\nLook at its age.\n',
  )
  const list = readFileSync(join(out, 'llms.txt'), 'utf8')
  expect(list).toMatch(/^# Spillway\n\n> Holds a flood\.\n\n## /)
  expect(list).toContain('- [Errors](https://spillway.example/errors.md): Every code.\n')
  expect(list).toContain(
    '- [The queue grows](https://spillway.example/runbooks/queue-grows.md): Look at its age.\n',
  )
  expect(list).toMatch(
    /## Optional\n\n- \[API reference\]\(https:\/\/spillway\.example\/reference\/api\/index\.md\): All of it\.\n$/,
  )
  expect(readFileSync(join(out, 'llms-full.txt'), 'utf8')).toBe(
    '# Spillway\n\nHolds a flood.\n\n---\n\n# Errors\n\nEvery code. And more.\n\n---\n\n# The queue grows\n\nLook at its age.\n',
  )
})

it('leaves no HTML, and code as it is', () => {
  const source = `# A

<div class="sides">
<div>

See <a href="/report.html" target="_blank">the report</a>.

</div>
</div>

## Calculator {#calculator}

\`\`\`vue
<div>
== not a tab
</div>
<!-- a comment -->
\`\`\`
`
  expect(plainPage(source, 'a.md').text).toBe(`# A

See [the report](/report.html).

## Calculator

\`\`\`vue
<div>
== not a tab
</div>
<!-- a comment -->
\`\`\`
`)
})

it.each([
  ['[a](b.md#c)', '[a](https://site.example/guides/b.md#c)'],
  ['[a](../b.md)', '[a](https://site.example/b.md)'],
  ['[a](#c)', '[a](https://site.example/guides/x.md#c)'],
  ['[a](/start)', '[a](https://site.example/start.md)'],
  ['[a](/reference/api/)', '[a](https://site.example/reference/api/index.md)'],
  ['[a](https://b.example/c.md)', '[a](https://b.example/c.md)'],
  ['`[a](b.md)` [`c`](d.md)', '`[a](b.md)` [`c`](https://site.example/guides/d.md)'],
  ['[`@a/b`](../../packages/b)', '[`@a/b`](https://git.example/tree/main/packages/b)'],
])('makes a link of guides/x.md absolute: %s', (text, expected) => {
  const addresses = { site: 'https://site.example', repository: 'https://git.example' }
  expect(absoluteLinks(text, 'guides/x.md', addresses)).toBe(expected)
})

it('has the text alone of a link to a file whose address is not known', () => {
  expect(absoluteLinks('See [the test](../packages/a.test.ts) and [b](b.md).', 'x.md', {})).toBe(
    'See the test and [b](/b.md).',
  )
})

it.each([
  [
    '# A\n\nWhat can never succeed is *parked*: a copy, with `a` reason. More.\n',
    'What can never succeed is parked: a copy, with a reason.',
  ],
  ['# A\n\n`spillway.config.ts` holds it. More.\n', 'spillway.config.ts holds it.'],
  ['# A\n\n_Generated._\n\n| a |\n|---|\n\nEach table is a run. More.\n', 'Each table is a run.'],
  ['# A\n\n## B\n\nLook at:\n\n- c\n', 'Look at.'],
])('has the first sentence of the text as its summary: %j', (source, summary) => {
  expect(plainPage(source, 'a.md').summary).toBe(summary)
})
