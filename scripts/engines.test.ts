import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { manifestIn, packageNames, root } from './workspace.ts'

/** The lowest Node of `engines` as one comparable number: `>=22.19.0` is 22019000. */
function lowest(engines: unknown): number {
  const { node = '' } = (engines ?? {}) as { readonly node?: string }
  const versions = [...node.matchAll(/(\d+)(?:\.(\d+))?(?:\.(\d+))?/g)].map(
    ([, major, minor = 0, patch = 0]) => Number(major) * 1e6 + Number(minor) * 1e3 + Number(patch),
  )
  return versions.length === 0 ? 0 : Math.min(...versions)
}

it.each(packageNames)('%s needs at least the Node that each of its dependencies needs', (folder) => {
  const { engines, dependencies = {} } = manifestIn('packages', folder)
  const own = lowest(engines)
  expect(own).toBeGreaterThanOrEqual(22_000_000)
  for (const name of Object.keys(dependencies)) {
    const manifest = readFileSync(
      join(root, 'packages', folder, 'node_modules', name, 'package.json'),
      'utf8',
    )
    expect(own, name).toBeGreaterThanOrEqual(lowest(JSON.parse(manifest).engines))
  }
})
