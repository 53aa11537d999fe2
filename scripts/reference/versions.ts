import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { manifestIn, packageNames, root } from '../workspace.ts'
import { type Blocks, code, toTable } from './blocks.ts'

type Versions = Readonly<Record<string, string>>

const manifests = packageNames.map((folder) => manifestIn('packages', folder))
const catalog = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8')

/** The versions of Node and of peers that each package accepts, and those with which the tests run. */
export const versionBlocks: Blocks = {
  packages: toTable(
    ['package', 'version', 'Node'],
    manifests.map(({ name, version, engines }) => [
      code(name),
      String(version),
      (engines as Versions).node ?? '',
    ]),
  ),
  peers: peersTable(),
}

function peersTable(): string {
  const users = new Map<string, string[]>()
  for (const { name, peerDependencies = {} } of manifests) {
    for (const [peer, range] of Object.entries(peerDependencies as Versions)) {
      const id = `${peer} ${range}`
      users.set(id, [...(users.get(id) ?? []), code(name)])
    }
  }
  const rows = [...users].sort(([one], [other]) => one.localeCompare(other))
  return toTable(
    ['package', 'versions', 'tested with', 'needed by'],
    rows.map(([id, by]) => {
      const [peer = '', ...range] = id.split(' ')
      return [code(peer), code(range.join(' ')), testedWith(peer), by.join(', ')]
    }),
  )
}

/** The version that the workspace installs. */
function testedWith(peer: string): string {
  const found = manifests.flatMap(({ devDependencies = {} }) => (devDependencies as Versions)[peer] ?? [])
  const version = found.find((range) => range !== 'catalog:')
  if (version !== undefined) return version
  return new RegExp(`^ {2}"?${peer}"?: (\\S+)$`, 'm').exec(catalog)?.[1] ?? ''
}
