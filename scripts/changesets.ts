import { createHash } from 'node:crypto'
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Manifest } from './workspace.ts'

/** A package at its last release. `.changeset/released.json` has one for each package, by name. */
export interface Released {
  readonly version: string
  /** See {@link sourceHash}. */
  readonly source: string
}

/** The last releases of all packages by name. */
export type ReleasedPackages = Readonly<Record<string, Released>>

/** A package as it is now: the folder under `packages`, and its manifest. */
export interface Package {
  readonly folder: string
  readonly manifest: Manifest
}

/** The files that the `tsconfig.build.json` of each package excludes. */
const unpublished = /\.test\.ts$|\.test-d\.ts$|\.bench\.ts$|(?:^|[\\/])testing[\\/]/

/** The hash of the published sources of a package: paths and contents, independent of line endings. */
export function sourceHash(packageFolder: string): string {
  const hash = createHash('sha256')
  const sources = join(packageFolder, 'src')
  const files = globSync('**/*.ts', { cwd: sources })
    .filter((file) => !unpublished.test(file))
    .map((file) => file.replaceAll('\\', '/'))
  for (const file of files.sort()) {
    const text = readFileSync(join(sources, file), 'utf8').replaceAll('\r\n', '\n')
    hash.update(`${file}\0${text}\0`)
  }
  return hash.digest('hex').slice(0, 32)
}

/** The packages that the changesets of a workspace name. */
export function namedByChangesets(root: string): ReadonlySet<string> {
  const folder = join(root, '.changeset')
  const changesets = readdirSync(folder).filter((file) => file.endsWith('.md') && file !== 'README.md')
  return new Set(
    changesets.flatMap((file) => {
      const [, header = ''] = /^---\r?\n([\s\S]*?)^---/m.exec(readFileSync(join(folder, file), 'utf8')) ?? []
      const lines = header.matchAll(/^["']?([@\w/.-]+)["']?\s*:\s*["']?(?:major|minor|patch|none)\b/gm)
      return [...lines].map(([, name = '']) => name)
    }),
  )
}

/** Reads `.changeset/released.json`. */
export function readReleased(root: string): ReleasedPackages {
  const file = join(root, '.changeset', 'released.json')
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ReleasedPackages) : {}
}

/**
 * A message for each package that lacks a changeset. The sources are compared with their hash at the last release, not
 * with Git, so that a shallow clone or one without a remote gives the same result.
 */
export function missingChangesets(root: string, packages: readonly Package[]): readonly string[] {
  const released = readReleased(root)
  const named = namedByChangesets(root)
  return packages.flatMap(({ folder, manifest: { name, version } }) => {
    const last = released[name]
    // The changelog of the first release is written by hand.
    if (last === undefined) return []
    if (last.version !== version) {
      return `${name} has the version ${version} in packages/${folder}/package.json, but ${last.version} in .changeset/released.json: set versions with \`npm run release\`.`
    }
    if (named.has(name) || sourceHash(join(root, 'packages', folder)) === last.source) return []
    return `packages/${folder}/src has changed since ${name}@${version} (by its hash in .changeset/released.json), and no changeset names ${name}: run \`npm run changeset\`, describe the change for its users, and commit the file that it writes. If no user notices the change, use \`none\` instead of patch, minor or major.`
  })
}

/** The content of `.changeset/released.json` after a release of these packages. */
export function asReleased(root: string, packages: readonly Package[]): ReleasedPackages {
  return Object.fromEntries(
    packages.map(({ folder, manifest }) => [
      manifest.name,
      { version: String(manifest.version), source: sourceHash(join(root, 'packages', folder)) },
    ]),
  )
}
