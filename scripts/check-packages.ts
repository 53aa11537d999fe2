// Packs every package and checks it with publint and "are the types wrong".
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packAll } from './pack.ts'
import { root } from './workspace.ts'

const destination = mkdtempSync(join(tmpdir(), 'spillway-pack-'))
process.on('exit', () => rmSync(destination, { recursive: true, force: true }))

const modules = join(root, 'node_modules')
for (const { name, tarball } of await packAll(destination)) {
  console.log(`\n${name}`)
  for (const args of [
    [join(modules, 'publint', 'src', 'cli.js'), '--strict', tarball],
    [
      join(modules, '@arethetypeswrong', 'cli', 'dist', 'index.js'),
      tarball,
      '--profile',
      'esm-only',
      '--quiet',
    ],
  ]) {
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
    if (status !== 0) process.exit(1)
  }
}
