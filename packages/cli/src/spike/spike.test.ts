import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runCli } from '../testing/run-cli.ts'

const orders = join(import.meta.dirname, '..', '..', '..', '..', 'examples', 'orders')

it('rejects a page in a missing folder before anything starts', async () => {
  const { code, stderr } = await runCli(['spike', orders, '--html', '/nowhere/spike.html']).ended
  expect(code).toBe(1)
  expect(stderr).toBe('spillway: --html /nowhere/spike.html: there is no folder /nowhere.\n')
})

it('rejects too few connections with a message', async () => {
  const { code, stderr } = await runCli(['spike', orders, '--rate=10', '--max-connections=5']).ended
  expect(code).toBe(1)
  expect(stderr).toContain("spillway: --max-connections 5 is too few for the app 'orders': ")
})
