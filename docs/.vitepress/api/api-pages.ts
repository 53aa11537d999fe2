import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The folder of the workspace. */
export const root = join(import.meta.dirname, '..', '..', '..')

/** A page of the API reference: one for each entry of a package. */
export interface ApiPage {
  /** What an app imports: `@spillway/ingest/testing`. */
  readonly entry: string
  /** Where the page is, from the folder of the API reference: `ingest/testing`. */
  readonly path: string
  /** The source of the entry. */
  readonly source: string
}

interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly exports?: Readonly<Record<string, string | { readonly 'spillway:source'?: string }>>
}

/** The entries of all packages that are published, but for `internal`, which belongs to the packages themselves. */
export const apiPages: readonly ApiPage[] = globSync('packages/*/package.json', { cwd: root })
  .sort()
  .flatMap((file) => {
    const manifest: Manifest = JSON.parse(readFileSync(join(root, file), 'utf8'))
    if (manifest.private === true) return []
    const folder = dirname(join(root, file))
    return Object.entries(manifest.exports ?? {}).flatMap(([subpath, target]) => {
      if (subpath === './internal' || typeof target === 'string') return []
      const source = target['spillway:source']
      if (source === undefined) return []
      const name = subpath.slice(2)
      return {
        entry: name === '' ? manifest.name : `${manifest.name}/${name}`,
        path: join(folder.slice(join(root, 'packages').length + 1), name),
        source: join(folder, source),
      }
    })
  })

/**
 * Writes the pages, unless they are there and up to date.
 *
 * @throws Error when they cannot be made
 */
export function writeApiPages(): void {
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, 'generate-api.ts')], {
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error('the API reference could not be written')
}
