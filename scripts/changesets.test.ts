import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { asReleased, missingChangesets, namedByChangesets } from './changesets.ts'

let root: string
const packages = [
  { folder: 'a', manifest: { name: '@x/a', version: '1.0.0' } },
  { folder: 'b', manifest: { name: 'b', version: '2.0.0' } },
]

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
const release = () => write('.changeset/released.json', JSON.stringify(asReleased(root, packages)))
const changeset = (header: string) =>
  write('.changeset/some-name.md', `---\n${header}\n---\n\nWhat changed.\n`)

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'spillway-changesets-'))
  write('.changeset/README.md', '---\n"b": patch\n---\n')
  write('packages/a/src/index.ts', 'export const a = 1\n')
  write('packages/b/src/index.ts', 'export const b = 1\n')
  release()
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

describe('missingChangesets', () => {
  it('reports nothing for packages that have not changed since their release', () => {
    expect(missingChangesets(root, packages)).toStrictEqual([])
  })

  it.each([
    ['a changed file', 'packages/a/src/index.ts', 'export const a = 2\n'],
    ['a new file', 'packages/a/src/inner/more.ts', 'export {}\n'],
    ['a published entry for tests', 'packages/a/src/testing.ts', 'export {}\n'],
  ])('requires a changeset after %s, and explains what to do', (_, path, text) => {
    write(path, text)
    expect(missingChangesets(root, packages)).toStrictEqual([
      'packages/a/src has changed since @x/a@1.0.0 (by its hash in .changeset/released.json), and no changeset names @x/a: run `npm run changeset`, describe the change for its users, and commit the file that it writes. If no user notices the change, use `none` instead of patch, minor or major.',
    ])
  })

  it('requires one after a file is deleted', () => {
    write('packages/b/src/old.ts', 'export {}\n')
    release()
    rmSync(join(root, 'packages/b/src/old.ts'))
    expect(missingChangesets(root, packages)).toHaveLength(1)
  })

  it.each([
    'packages/a/src/a.test.ts',
    'packages/a/src/a.fuzz.test.ts',
    'packages/a/src/a.test-d.ts',
    'packages/a/src/a.bench.ts',
    'packages/a/src/testing/help.ts',
    'packages/a/README.md',
  ])('requires none after a change of %s, which is not published', (path) => {
    write(path, 'export {}\n')
    expect(missingChangesets(root, packages)).toStrictEqual([])
  })

  it('ignores differences of line endings', () => {
    write('packages/a/src/index.ts', 'export const a = 1\r\n')
    expect(missingChangesets(root, packages)).toStrictEqual([])
  })

  it.each(['"@x/a": patch', "'@x/a': minor", '"b": patch\n"@x/a": major', '"@x/a": none'])(
    'accepts a changeset with %j',
    (header) => {
      write('packages/a/src/index.ts', 'export const a = 2\n')
      changeset(header)
      expect(missingChangesets(root, packages)).toStrictEqual([])
    },
  )

  it('does not accept a changeset of another package', () => {
    write('packages/a/src/index.ts', 'export const a = 2\n')
    changeset('"b": patch')
    expect(missingChangesets(root, packages)).toHaveLength(1)
  })

  it('requires nothing for a package that was never released', () => {
    const all = [...packages, { folder: 'c', manifest: { name: 'c', version: '0.1.0' } }]
    write('packages/c/src/index.ts', 'export {}\n')
    expect(missingChangesets(root, all)).toStrictEqual([])
  })

  it('explains how to set versions when one was set by hand', () => {
    const [first, second] = packages
    if (first === undefined || second === undefined) throw new Error('two packages')
    const set = { ...first, manifest: { ...first.manifest, version: '1.1.0' } }
    expect(missingChangesets(root, [set, second])).toStrictEqual([
      '@x/a has the version 1.1.0 in packages/a/package.json, but 1.0.0 in .changeset/released.json: set versions with `npm run release`.',
    ])
  })
})

it('reads the package names of changesets only from their headers', () => {
  write('.changeset/one.md', '---\r\n"@x/a": patch\r\n---\r\n\r\n"b": patch is what this says.\r\n')
  expect([...namedByChangesets(root)]).toStrictEqual(['@x/a'])
})
