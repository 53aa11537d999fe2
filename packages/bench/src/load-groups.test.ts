import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadGroups, root } from './load-groups.ts'

it('finds the benchmarks of the packages, with unique names and the installed versions', async () => {
  const groups = await loadGroups()
  const names = groups.map(({ group }) => group.name)
  expect(names).toEqual(expect.arrayContaining(['Ingest, one request end to end', 'Bulk enqueue']))
  expect(new Set(names).size).toBe(names.length)
  for (const { group, file, versions } of groups) {
    expect(existsSync(join(root, file)), file).toBe(true)
    expect(Object.keys(versions)).toStrictEqual(group.packages)
    for (const version of Object.values(versions)) expect(version).toMatch(/^\d+\.\d+\.\d+/)
  }
})
