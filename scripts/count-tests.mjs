// Prints `N passed, N failed` from the summary of a test run. A failed check counts as one more failure.
// node scripts/count-tests.mjs <log of the run> <exit code of the checks>
import { readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'

const [log = '', checks = '0'] = process.argv.slice(2)
const summary = stripVTControlCharacters(readFileSync(log, 'utf8'))
  .match(/^ *Tests {2}.*$/gm)
  ?.at(-1)
if (summary === undefined) {
  console.error('The test run has no summary.')
  process.exit(1)
}
const count = (word) => Number(new RegExp(`(\\d+) ${word}`).exec(summary)?.[1] ?? 0)
const failed = count('failed') + (checks === '0' ? 0 : 1)
console.log(`${count('passed')} passed, ${failed} failed`)
