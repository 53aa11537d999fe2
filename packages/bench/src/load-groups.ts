import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { BenchGroup, BenchTable } from './harness.ts'

/** The folder of the workspace. */
export const root = dirname(dirname(dirname(import.meta.dirname)))

/** A group and its file. */
export interface LoadedGroup {
  readonly group: BenchGroup | BenchTable
  /** The path of its file in the workspace. */
  readonly file: string
  /** The installed version of each package that it names. */
  readonly versions: Readonly<Record<string, string>>
}

/** Loads the groups of all `packages/<name>/src/<name>.bench.ts` files: each exports its list as `bench`. */
export async function loadGroups(): Promise<readonly LoadedGroup[]> {
  const loaded: LoadedGroup[] = []
  for (const name of (await readdir(join(root, 'packages'))).sort()) {
    const source = join('packages', name, 'src')
    const files = await readdir(join(root, source), { recursive: true })
    for (const path of files.filter((file) => file.endsWith('.bench.ts')).sort()) {
      const file = join(source, path)
      const { bench }: { bench: readonly (BenchGroup | BenchTable)[] } = await import(join(root, file))
      for (const group of bench) loaded.push({ group, file, versions: await versionsOf(name, group) })
    }
  }
  return loaded
}

async function versionsOf(
  folder: string,
  { packages }: BenchGroup | BenchTable,
): Promise<Record<string, string>> {
  const versions: Record<string, string> = {}
  for (const name of packages) {
    const manifest = join(root, 'packages', folder, 'node_modules', name, 'package.json')
    versions[name] = JSON.parse(await readFile(manifest, 'utf8')).version
  }
  return versions
}
