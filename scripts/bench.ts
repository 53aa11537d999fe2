// `npm run bench` runs all benchmarks, `npm run bench -- NAME …` those whose name, or whose file's name, contains a
// given one. `--write` puts the results into docs/benchmarks.md; tables that were not measured are kept.
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

// Each round begins with a collected heap.
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
if (unknown !== undefined) fail(`There is no option ${unknown}; there is --write.`)
if (picked.length === 0)
  fail(`No benchmark is called that. There are: ${groups.map(({ group }) => group.name).join('; ')}.`)

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
