import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { root } from './workspace.ts'

/** Runs Vitest with test files, and returns the text that the reporter wrote. */
function failuresOf(files: Readonly<Record<string, string>>): string {
  // Within the workspace, so that the frames of its files are kept.
  const folder = mkdtempSync(join(root, 'node_modules', '.failed-tests-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const report = join(folder, 'report')
  writeFileSync(
    join(folder, 'vitest.config.mjs'),
    `import { failedTests } from ${JSON.stringify(join(root, 'scripts', 'failed-tests.ts'))}
     const quick = { pool: 'threads', isolate: false, maxWorkers: 1 }
     const test = { name: 'fixture', globals: true, exclude: [], reporters: [failedTests()], ...quick }
     export default { test }`,
  )
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const { CI: _, ...environment } = process.env
  const { status } = spawnSync(
    process.execPath,
    [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--root', folder],
    { env: { ...environment, SPILLWAY_FAILED_TESTS: report }, cwd: folder },
  )
  const text = readFileSync(report, 'utf8').replaceAll(relative(root, folder), 'folder')
  expect(status).toBe(1)
  return text
}

it('writes each failed test, failed import, failed hook and unhandled rejection', () => {
  const report = failuresOf({
    'a.test.mjs': `
      it('passes', () => undefined)
      describe('a suite', () => it('compares', () => expect({ n: 1, same: 2 }).toStrictEqual({ n: 3, same: 2 })))
      it('throws', () => { throw new TypeError('broken', { cause: new Error('deeper') }) })`,
    'import.test.mjs': `throw new Error('not to be imported')`,
    'hook.test.mjs': `
      describe('a suite', () => { beforeAll(() => { throw new Error('no server') }); it('a', () => undefined) })`,
    'late.test.mjs': `it('a', async () => {
      void Promise.reject(new Error('nobody waits'))
      await new Promise((resolve) => setTimeout(resolve, 20))
    })`,
  })
  expect(report).not.toContain('passes')
  const failures = [
    'folder/import.test.mjs\n    Error: not to be imported',
    'folder/hook.test.mjs > a suite\n    Error: no server',
    'folder/a.test.mjs > throws\n    TypeError: broken\n    caused by Error: deeper',
    `folder/a.test.mjs > a suite > compares
    AssertionError: expected { n: 1, same: 2 } to strictly equal { n: 3, same: 2 }
    - Expected
    + Received
      {
    -   "n": 3,
    +   "n": 1,
        "same": 2,
      }`,
  ]
  for (const failure of failures) expect(report).toContain(`FAILED [fixture] ${failure}\n`)
  expect(report).toMatch(/^FAILED outside of any test\n {4}Error: nobody waits\n/)
})

it('shortens long errors, and writes only the names of the failures after the eighth', () => {
  const report = failuresOf({
    'a.test.mjs': `for (let n = 0; n < 12; n++) it('test ' + n, () => { throw new Error('line\\n'.repeat(40)) })`,
  })
  const lines = report.split('\n')
  expect(lines.filter((line) => line.startsWith('FAILED'))).toHaveLength(12)
  expect(lines.filter((line) => line.endsWith('line'))).toHaveLength(8 * 15)
})
