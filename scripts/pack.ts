import { execFile } from 'node:child_process'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { packageNames, root } from './workspace.ts'

const run = promisify(execFile)

/** A package as it would be published. */
export interface PackedPackage {
  readonly name: string
  readonly folder: string
  readonly tarball: string
}

/** Builds all packages and packs them, as `pnpm publish` would, into a folder. */
export async function packAll(destination: string): Promise<readonly PackedPackage[]> {
  await mkdir(destination, { recursive: true })
  await run(process.execPath, [join(root, 'scripts', 'build.ts')])
  const { packageManager } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const packed: PackedPackage[] = []
  for (const name of packageNames) {
    const folder = join(root, 'packages', name)
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
    const tarball = join(destination, `${name}.tgz`)
    // pnpm, because it fills in `workspace:` and `catalog:` versions and `publishConfig`.
    await run('npx', ['--yes', packageManager, 'pack', '--out', tarball], { cwd: folder })
    packed.push({ name: manifest.name, folder, tarball })
  }
  return packed
}
