// Type-checks the examples in the docstrings of the packages, as an app would compile them.
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { examplesIn } from './docstring-examples.ts'
import { root } from './workspace.ts'

/** In `docs`, where all packages are installed. Git ignores this folder. */
const folder = join(root, 'docs', '.vitepress', 'cache', 'docstrings')
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })

let count = 0
for (const file of globSync('packages/*/src/**/*.ts', { cwd: root })) {
  for (const [index, example] of examplesIn(readFileSync(join(root, file), 'utf8')).entries()) {
    // The name of the file shows in tsc's errors where the example is from.
    writeFileSync(join(folder, `${file.replaceAll(/[/\\]/g, '-').replace(/\.ts$/, '')}-${index}.ts`), example)
    count++
  }
}
const options = { noEmit: true, noUnusedLocals: false, customConditions: ['spillway:source'] }
const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions: options, include: ['*.ts'] }
writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))

const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const { status } = spawnSync(process.execPath, [tsc, '-p', folder], { stdio: 'inherit' })
if (status !== 0) process.exit(1)
console.log(`${count} examples of docstrings compile`)
