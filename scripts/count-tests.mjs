// Prints `N passed, N failed`, the sum of the summaries of test runs. A failed check counts as one more failure.
// node scripts/count-tests.mjs <exit code of the checks> <log of a run> …
import { readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'

const [checks = '0', ...logs] = process.argv.slice(2)
let passed = 0
let failed = checks === '0' ? 0 : 1
for (const log of logs) {
  const summary = stripVTControlCharacters(readFileSync(log, 'utf8'))
    .match(/^ *Tests {2}.*$/gm)
    ?.at(-1)
  if (summary === undefined) {
    console.error(`A test run has no summary: ${log}`)
    process.exit(1)
  }
  const count = (word) => Number(new RegExp(`(\\d+) ${word}`).exec(summary)?.[1] ?? 0)
  passed += count('passed')
  failed += count('failed')
}
console.log(`${passed} passed, ${failed} failed`)
