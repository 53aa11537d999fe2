import { access, readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { errorCodes } from '../packages/message/src/index.ts'
import { root } from './workspace.ts'

const read = (path: string) => readFile(join(root, path), 'utf8')

it('lists every error code in docs/errors.md, with its meaning, and no other', async () => {
  const rows = [...(await read('docs/errors.md')).matchAll(/^\| `(SPILLWAY_\w+)` \| (.+?) \|/gm)]
  expect(rows.map(([, code, meaning]) => [code, meaning])).toStrictEqual(Object.entries(errorCodes))
})

it('uses every error code in the code', async () => {
  const files = (await readdir(join(root, 'packages'), { recursive: true })).filter(
    (file) =>
      file.endsWith('.ts') &&
      !file.includes('node_modules') &&
      !file.includes('dist') &&
      !/^message.src.error\.ts|test/.test(file),
  )
  const code = (await Promise.all(files.map((file) => read(join('packages', file))))).join('\n')
  expect(Object.keys(errorCodes).filter((name) => !code.includes(`'${name}'`))).toStrictEqual([])
})

it('shows code that is in the examples, to the letter', async () => {
  const blocks = [...(await read('README.md')).matchAll(/<!-- source: (\S+) -->\n```ts\n([\s\S]*?)```/g)]
  expect(blocks.length).toBeGreaterThan(1)
  for (const [, file = '', code = ''] of blocks) expect(await read(file), file).toContain(code)
})

it('links to files that are there', async () => {
  const pages = [
    'README.md',
    'CONTRIBUTING.md',
    ...(await readdir(join(root, 'docs'))).filter((f) => f.endsWith('.md')).map((f) => `docs/${f}`),
  ]
  for (const page of pages) {
    for (const [, target = ''] of (await read(page)).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      if (/^https?:/.test(target)) continue
      await expect(access(join(root, dirname(page), target)), `${page}: ${target}`).resolves.toBeUndefined()
    }
  }
})
