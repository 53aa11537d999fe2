// Sets the versions and changelogs from the changesets, and records the hashes of the released sources.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asReleased } from './changesets.ts'
import { manifestIn, packageNames, root } from './workspace.ts'

// Changesets looks for the commit of each changeset, and never finishes in a shallow clone.
const shallow = spawnSync('git', ['rev-parse', '--is-shallow-repository'], { cwd: root, encoding: 'utf8' })
if (shallow.stdout.trim() === 'true') {
  console.error(
    'A release needs the whole history, and this clone is shallow: run `git fetch --unshallow` first.',
  )
  process.exit(1)
}
const changeset = join(root, 'node_modules', '@changesets', 'cli', 'bin.js')
const { status } = spawnSync(process.execPath, [changeset, 'version'], { cwd: root, stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)
const packages = packageNames.map((folder) => ({ folder, manifest: manifestIn('packages', folder) }))
writeFileSync(
  join(root, '.changeset', 'released.json'),
  `${JSON.stringify(asReleased(root, packages), undefined, 2)}\n`,
)
