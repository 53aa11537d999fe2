import { join } from 'node:path'
import { expect, it } from 'vitest'
import { changelogPage, readChangeset, toChangelog } from './changelog.ts'

it('reads a changeset, and leaves out one that no user notices', () => {
  expect(readChangeset("---\n'@spillway/sqs': patch\nspillway: minor\n---\n\nIt is faster.\n")).toStrictEqual(
    {
      packages: ['@spillway/sqs', 'spillway'],
      text: 'It is faster.',
    },
  )
  expect(readChangeset("---\n'@spillway/sqs': none\n---\n\nWords.\n")).toBeUndefined()
  expect(readChangeset('no changeset')).toBeUndefined()
})

it('shows what is pending before the changelogs, whose headings are one level lower', () => {
  const pending = [{ packages: ['spillway'], text: 'One.\n\nTwo.' }]
  expect(toChangelog(pending, ['# spillway\n\n## 0.1.0\n\n- First.\n'])).toContain(
    '## Next release\n\n- `spillway`: One.\n\n  Two.\n\n## spillway\n\n### 0.1.0\n\n- First.\n',
  )
  expect(toChangelog([], [])).not.toContain('Next release')
})

it('has each package that has a changelog', () => {
  const page = changelogPage(join(import.meta.dirname, '..', '..', '..'))
  for (const name of ['@spillway/batch', '@spillway/sqs', 'spillway']) expect(page).toContain(`## ${name}\n`)
})
