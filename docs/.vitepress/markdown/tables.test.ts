import { createMarkdownRenderer, disposeMdItInstance } from 'vitepress'
import { expect, it } from 'vitest'
import { cornerCells } from './corner-cells.ts'
import { narrowTables } from './narrow-tables.ts'
import { rowAnchors, rowsAsSections } from './row-anchors.ts'

// VitePress keeps one renderer for each process, and another test file may have made it.
disposeMdItInstance()
const markdown = await createMarkdownRenderer(import.meta.dirname, {
  config(renderer) {
    cornerCells(renderer)
    narrowTables(renderer)
    rowAnchors(renderer)
  },
})
const errors = `# Errors

| code | meaning | what to do |
|---|---|---|
| \`SPILLWAY_DEADLINE\` | The invocation ran out of time. | Nothing: it is delivered *again*, after a delay. |
| [**back-off**](x.md) | a time | |
`

it('stacks a table of text on a phone, and labels its cells', () => {
  const html = markdown.render(errors)
  expect(html).toContain('<table class="stacked" tabindex="0">')
  expect(html).toContain('<td data-label="meaning">The invocation ran out of time.</td>')
  expect(html).toContain('<td><code>SPILLWAY_DEADLINE</code></td>')
})

it('stacks two columns only where a word is too long', () => {
  const text = 'how many of them are in flight, or put off'
  const table = (name: string) => markdown.render(`| metric | meaning |\n|---|---|\n| ${name} | ${text} |\n`)
  expect(table('ApproximateNumberOfMessagesNotVisible')).toContain('class="stacked"')
  expect(table('Duration')).toContain('<table tabindex="0">')
})

it('scrolls a table of numbers, whose first column stays', () => {
  const html = markdown.render('| | p50 | p99 |\n|---|--:|--:|\n| plain | 1 ms | 2 ms |\n')
  expect(html).toContain('<table class="first-stays" tabindex="0">')
  expect(html).not.toContain('data-label')
  const withNote = markdown.render(
    '| n | a | b | c |\n|---|---|---|---|\n| 1 | without the permission, which is rare | 2 | 3 |\n',
  )
  expect(withNote).toContain('class="first-stays"')
})

it('gives the rows of a catalogue anchors, those of other pages none', () => {
  const html = markdown.render(errors, { relativePath: 'errors.md' })
  expect(html).toContain('<tr id="spillway_deadline">')
  expect(html).toContain('<tr id="back-off">')
  expect(markdown.render(errors, { relativePath: 'batch.md' })).not.toContain('<tr id')
})

it('makes each row of a catalogue a section of the search', () => {
  const sections = rowsAsSections(markdown.render(errors, { relativePath: 'errors.md' }))
  expect(sections).toContain('<h2>SPILLWAY_DEADLINE <a href="#spillway_deadline">#</a></h2><p>')
  expect(sections).toContain('The invocation ran out of time.')
  expect(sections).toContain('<h2>back-off <a href="#back-off">#</a></h2>')
})
