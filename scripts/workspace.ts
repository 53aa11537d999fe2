import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The folder of the workspace. */
export const root = dirname(import.meta.dirname)

/** The fields of a `package.json` that the scripts read. */
export interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly repository?: unknown
  readonly [field: string]: unknown
}

/** The manifest of a folder of the workspace. */
export function manifestIn(...folder: readonly string[]): Manifest {
  return JSON.parse(readFileSync(join(root, ...folder, 'package.json'), 'utf8')) as Manifest
}

/** The folders of the published packages, which are all that are not private. Each is after those that it imports. */
export const packageNames: readonly string[] = inOrder()

function inOrder(): readonly string[] {
  const manifests = new Map(
    readdirSync(join(root, 'packages'))
      .map((folder) => [folder, manifestIn('packages', folder)] as const)
      .filter(([, manifest]) => manifest.private !== true),
  )
  const folders = new Map([...manifests].map(([folder, { name }]) => [name, folder]))
  const ordered = new Set<string>()
  function add(folder: string): void {
    for (const name of Object.keys(manifests.get(folder)?.dependencies ?? {})) {
      const needed = folders.get(name)
      if (needed !== undefined && !ordered.has(needed)) add(needed)
    }
    ordered.add(folder)
  }
  for (const folder of manifests.keys()) add(folder)
  return [...ordered]
}
