import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

it('has tests of both sides for the runner of Node', async () => {
  const folder = join(import.meta.dirname, 'node-test')
  const specs = ['ingest.spec.ts', 'write.spec.ts'].map((name) => join(folder, name))
  // In one process, so that the files share their modules.
  const isolation = '--test-isolation=none'
  const options = ['--conditions=spillway:source', '--test', isolation, '--test-reporter=tap']
  // With NODE_TEST_CONTEXT it would report to a test runner that does not exist here.
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...env } = process.env
  const { stdout } = await promisify(execFile)(process.execPath, [...options, ...specs], { env })
  expect(stdout).toMatch(/^# pass 4$/m)
  expect(stdout).toMatch(/^# fail 0$/m)
})
