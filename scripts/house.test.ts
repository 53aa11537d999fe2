import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { manifestIn, root } from './workspace.ts'

const page = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
const picture = /```mermaid\n(.*?)```/s.exec(page)?.[1] ?? ''
const folders = readdirSync(join(root, 'packages'))
const own = '@spillway/'

it('shows each package, and an arrow for each import of a package other than message', () => {
  const drawn = [...picture.matchAll(/^ +(\w+) (?:-->|-\.->) (\w+)$/gm)].map(
    ([, from, to]) => `${from} ${to}`,
  )
  const imports = folders.flatMap((from) => {
    const { dependencies = {} } = manifestIn('packages', from)
    return Object.keys(dependencies)
      .filter((name) => name.startsWith(own) && name !== `${own}message`)
      .map((name) => `${from} ${name.slice(own.length)}`)
  })
  expect(drawn.sort()).toEqual(imports.sort())
  const nodes = new Set(picture.match(/\b\w+\b/g))
  expect(folders.filter((folder) => folder !== 'message' && !nodes.has(folder))).toEqual([])
})

it('shows dotted arrows for unpublished packages', () => {
  const dotted = new Set([...picture.matchAll(/^ +(\w+) -\.-> /gm)].map(([, from]) => from))
  const isPrivate = (folder: string) => manifestIn('packages', folder).private === true
  expect([...dotted].sort()).toEqual(folders.filter(isPrivate).sort())
})

it('names only files and folders that exist', () => {
  const named = [...page.matchAll(/`((?:packages|scripts|docs|examples)\/[^`<>]*)`/g)].map(
    ([, path]) => path ?? '',
  )
  const missing = named.filter((path) => !/[*{]|^packages\/\w+$/.test(path) && !existsSync(join(root, path)))
  expect(named.length).toBeGreaterThan(10)
  expect(missing).toEqual([])
})
