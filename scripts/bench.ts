// `npm run bench` runs all benchmarks, `npm run bench -- NAME …` those whose name or file name contains one of the
// names. `--write` writes the results into docs/benchmarks.md and keeps the tables that were not measured.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { measure } from '../packages/bench/src/harness.ts'
import { loadGroups } from '../packages/bench/src/load-groups.ts'
import { type Result, toPage, toSection } from '../packages/bench/src/report.ts'
import { endWithParent } from './end-with-parent.ts'
import { root } from './workspace.ts'

endWithParent()

// Allows each round to begin with a garbage collection.
setFlagsFromString('--expose-gc')
globalThis.gc = runInNewContext('gc')

const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const flags = process.argv.slice(2).filter((argument) => argument.startsWith('--'))
const write = flags.includes('--write')
const unknown = flags.find((flag) => flag !== '--write')
const groups = await loadGroups()
const picked = groups.filter(
  ({ group, file }) =>
    names.length === 0 ||
    names.some((name) => `${group.name} ${file}`.toLowerCase().includes(name.toLowerCase())),
)
if (unknown !== undefined) fail(`There is no option ${unknown}. The only option is --write.`)
if (picked.length === 0)
  fail(`No benchmark has this name. The benchmarks are: ${groups.map(({ group }) => group.name).join('; ')}.`)

const results: Result[] = []
for (const loaded of picked) {
  const { group, file, versions } = loaded
  const result: Result =
    'measure' in group
      ? { group, file, versions, measured: await group.measure((line) => console.error(line)) }
      : { group, file, versions, measured: await measure(group) }
  results.push(result)
  console.log(`${toSection(result)}\n`)
}
if (write) {
  const page = join(root, 'docs', 'benchmarks.md')
  const all = groups.map(({ group }) => group.name)
  await writeFile(page, toPage(results, all, await readFile(page, 'utf8')))
}
process.exit(0)

function fail(message: string): never {
  console.error(message)
  process.exit(2)
}
