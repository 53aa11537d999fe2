import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { isAlive } from '../reaper/process-table.ts'
import type { LambdaFunction } from './index.ts'
import { startOne } from './testing/start-one.ts'

// Whatever a handler does, the runtime survives and no process of the handler remains.

const source = `
import { spawn } from 'node:child_process'
import { writeSync } from 'node:fs'
export const handler = async ({ how }) => {
  if (how === 'child') return spawn('sleep', ['277'], { stdio: 'inherit' }).pid
  if (how === 'garbage') writeSync(3, 'garbage\\n')
  if (how === 'half') writeSync(3, 'ok\\t{"half":\\n')
  if (how === 'garbage' || how === 'half') await new Promise((resolve) => setTimeout(resolve, 1000))
  return process.pid
}
`

let folder: string
let fn: LambdaFunction

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spillway-containment-'))
  const entry = join(folder, 'handler.mjs')
  await writeFile(entry, source)
  const spec = { name: 'f', entry, handler: 'handler', timeout: 5, memorySize: 128, environment: {} }
  const reaper = { watch: () => undefined, unwatch: () => undefined }
  fn = await startOne(spec, { reaper, bundleFolder: folder, onLog: () => undefined })
})
afterEach(async () => {
  await fn.stop()
  await rm(folder, { recursive: true, force: true })
})

it('kills processes that the handler started, and does not wait for their pipes', async () => {
  const result = await fn.invoke({ how: 'child' })
  const pid = result.ok ? Number(result.payload) : 0
  expect(isAlive(pid)).toBe(true)
  await fn.stop()
  await expect.poll(() => isAlive(pid)).toBe(false)
})

it('kills processes that the handler started when its environment dies', async () => {
  const result = await fn.invoke({ how: 'child' })
  const [environment] = fn.environments()
  process.kill(environment?.pid ?? 0, 'SIGKILL')
  await expect.poll(() => isAlive(result.ok ? Number(result.payload) : 0)).toBe(false)
})

it.each(['garbage', 'half'])(
  'kills an environment that writes %s to its channel, and starts another',
  async (how) => {
    const before = await fn.invoke({})
    expect(await fn.invoke({ how })).toMatchObject({ ok: false, kind: 'crash' })
    const after = await fn.invoke({})
    expect(after).toMatchObject({ ok: true })
    expect(after).not.toEqual(before)
  },
)
