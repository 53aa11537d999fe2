import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { examplesIn } from './docstring-examples.ts'
import { root } from './workspace.ts'

it('finds the examples of a docstring, without its asterisks', () => {
  const source = `/**
 * Does it.
 *
 * \`\`\`ts
 * import { a } from 'a'
 *
 * a({
 *   b: 1,
 * })
 * \`\`\`
 *
 * Or:
 *
 * \`\`\`ts
 * a()
 * \`\`\`
 *
 * \`\`\`sql
 * select 1
 * \`\`\`
 */
export interface A {
  /**
   * \`\`\`ts
   * a.b()
   * \`\`\`
   */
  b(): void
}
`
  expect(examplesIn(source)).toStrictEqual([
    "import { a } from 'a'\n\na({\n  b: 1,\n})\n",
    'a()\n',
    'a.b()\n',
  ])
})

it('finds every example, and each has its imports', () => {
  const sources = globSync('packages/*/src/**/*.ts', { cwd: root }).map((name) =>
    readFileSync(join(root, name), 'utf8'),
  )
  const marks = sources.reduce((sum, source) => sum + source.split(/^ *\* ```ts$/m).length - 1, 0)
  const examples = sources.flatMap(examplesIn)
  expect(examples.length).toBe(marks)
  expect(examples.length).toBeGreaterThan(25)
  for (const example of examples) expect(example).toMatch(/^import /)
})
