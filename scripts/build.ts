// Builds every package into its `dist`, in the order in which they import one another.
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { packageNames, root } from './workspace.ts'

const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
for (const name of packageNames)
  rmSync(join(root, 'packages', name, 'dist'), { recursive: true, force: true })
for (const name of packageNames) {
  const folder = join(root, 'packages', name)
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: folder,
    stdio: 'inherit',
  })
  if (status !== 0) {
    console.error(`spillway: packages/${name} does not build.`)
    process.exit(1)
  }
}
