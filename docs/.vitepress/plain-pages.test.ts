import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
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
  expect(plainPage(source)).toEqual({
    title: 'The budget',
    summary: 'How many connections are there?',
    text: `# The budget

How many [connections](kysely.md) are there? One number.

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
  expect(plainPage(source)).toEqual({
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
  writePlainPages(['index.md', 'errors.md', 'runbooks/queue-grows.md'], docs, out, 'https://spillway.example')
  expect(readFileSync(join(out, 'runbooks/queue-grows.md'), 'utf8')).toBe(
    '# The queue grows\n\nLook at its age.\n',
  )
  const list = readFileSync(join(out, 'llms.txt'), 'utf8')
  expect(list).toMatch(/^# Spillway\n\n> Holds a flood\.\n\n## /)
  expect(list).toContain('- [Errors](https://spillway.example/errors.md): Every code.\n')
  expect(list).toContain(
    '- [The queue grows](https://spillway.example/runbooks/queue-grows.md): Look at its age.\n',
  )
  expect(readFileSync(join(out, 'llms-full.txt'), 'utf8')).toBe(
    '# Spillway\n\nHolds a flood.\n\n---\n\n# Errors\n\nEvery code. And more.\n\n---\n\n# The queue grows\n\nLook at its age.\n',
  )
})
