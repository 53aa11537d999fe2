import { expect, it } from 'vitest'
import { isPrinted, stepsOf } from './page-steps.ts'

const block = (language: string, text: string) => `\`\`\`${language}\n${text}\n\`\`\`\n`

it('reads files, commands and their output from a page, in order', () => {
  const page = `Text.\n\n<!-- source: docs/a/b.ts -->\n${block('ts', 'one()\ntwo()')}\n${block('sh', 'node b.ts')}\n${block('text', '1 …')}\n${block('sh', 'ls')}`
  expect(stepsOf(page, 'docs/a/')).toStrictEqual([
    { kind: 'file', path: 'b.ts', text: 'one()\ntwo()\n' },
    { kind: 'command', text: 'node b.ts', output: ['1 …'] },
    { kind: 'command', text: 'ls', output: [] },
  ])
})

it('rejects a block that is not a step', () => {
  expect(() => stepsOf(block('ts', 'one()'), 'docs/a/')).toThrow('this block is not a step')
})

it.each([
  [['b', 'd'], 'a\nb\nc\nd', true],
  [['d', 'b'], 'a\nb\nc\nd', false],
  [['… id … 23514 …'], ' x  id  23514  y ', true],
  [['a.c'], 'abc', false],
  [['{"status":422,…'], '{"status":422,"code":"x"}', true],
  [[], '', true],
])('looks for %j in %j', (output, printed, is) => {
  expect(isPrinted(output, printed)).toBe(is)
})
