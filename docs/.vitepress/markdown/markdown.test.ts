import { createMarkdownRenderer, disposeMdItInstance } from 'vitepress'
import { expect, it } from 'vitest'
import { codeTitles } from './code-titles.ts'
import { diagrams } from './diagrams.ts'
import { tabs } from './tabs.ts'

// VitePress keeps one renderer for each process, and another test file may have made it.
disposeMdItInstance()
const markdown = await createMarkdownRenderer(import.meta.dirname, {
  config(renderer) {
    codeTitles('https://git.example/spillway')(renderer)
    diagrams(renderer)
    tabs(renderer)
  },
})

const diagram = (lines: string) => `\`\`\`mermaid\nflowchart LR\n${lines}\n\`\`\`\n`
const labels = '  accTitle: A <queue>\n  accDescr: A leads to B\n'

it('draws a diagram with a name, and loads no font for it', () => {
  const html = markdown.render(diagram(`${labels}  A[Lambda] --> B[(Postgres)]`))
  expect(html).toContain('<title id="diagram-0-title">A &lt;queue></title>')
  expect(html).toContain('<desc id="diagram-0-description">A leads to B</desc>')
  expect(html).toContain('role="img" aria-labelledby="diagram-0-title diagram-0-description"')
  expect(html).toContain('Lambda')
  expect(html).toContain('Postgres')
  expect(html).not.toMatch(/<style|https?:(?!\/\/www\.w3\.org)/)
})

it('gives two diagrams of a page ids of their own', () => {
  const html = markdown.render(`${diagram(`${labels}  A --> B`)}\ntext\n\n${diagram(`${labels}  C --> D`)}`)
  const ids = [...html.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id)
  expect(ids.length).toBeGreaterThan(4)
  expect(new Set(ids).size).toBe(ids.length)
  for (const [, id] of html.matchAll(/url\(#([^)]+)\)/g)) expect(ids).toContain(id)
})

it('refuses a diagram without a name or a description', () => {
  expect(() => markdown.render(diagram('  A --> B'))).toThrow('A diagram has no accTitle')
  expect(() => markdown.render(diagram('  accTitle: x\n  A --> B'))).toThrow('A diagram has no accDescr')
})

it('leaves other code alone', () => {
  expect(markdown.render('```ts\nconst a = 1\n```\n')).toContain('language-ts')
})

it('renders tabs, each a panel of Markdown', () => {
  const html = markdown.render(
    '::: tabs database\n== Postgres\nSome *text*:\n\n```sql\n:::\n== MySQL\n```\n== MySQL\n- a list\n:::\n\nafter\n',
  )
  expect(html.match(/<input[^>]*>/g)).toEqual([
    '<input type="radio" name="tabs-0" value="Postgres" checked>',
    '<input type="radio" name="tabs-0" value="MySQL">',
  ])
  expect(html).toMatch(
    /data-tab="Postgres">\n<p>Some <em>text<\/em>.*language-sql.*<\/div>\n<div class="tab-panel" data-tab="MySQL">\n<ul>/s,
  )
  expect(html).toMatch(/<\/ul>\n<\/div>\n<\/div>\n<p>after<\/p>/)
})

it('renders a container inside tabs', () => {
  const html = markdown.render(':::: tabs buffer\n== SQS\n::: tip\nhint\n:::\n== FIFO\nb\n::::\n')
  expect(html).toContain('custom-block')
  expect(html).toContain('data-tab="FIFO"')
})

it.each([
  ['a group that is not there', '::: tabs colour\n== Red\n:::\n', "there is no group 'colour'"],
  ['a tab that is not there', '::: tabs database\n== Oracle\n:::\n', "and no 'Oracle'"],
  ['tabs that nothing closes', '::: tabs database\n== MySQL\n', "nothing closes '::: tabs database'"],
])('refuses %s', (_, source, message) => {
  expect(() => markdown.render(source)).toThrow(message)
})

it('names the file that code comes from', () => {
  const source = (path: string) => `<!-- source: ${path} -->\n\`\`\`ts\nconst a = 1\n\`\`\`\n`
  expect(markdown.render(source('docs/snippets/batch/each.ts'))).toContain(
    '<p class="code-title">each.ts</p>',
  )
  expect(markdown.render(source('examples/orders/ingest.ts'))).toContain(
    '<p class="code-title"><a href="https://git.example/spillway/blob/HEAD/examples/orders/ingest.ts">examples/orders/ingest.ts</a></p>',
  )
  expect(markdown.render('<!-- source: a.ts -->\n\ntext\n')).not.toContain('code-title')
})
