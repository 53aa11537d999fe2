import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { isAlive } from './process-table.ts'
import { startReaper } from './reaper.ts'
import { childScript, firstLine } from './testing/child-script.ts'

const source = new URL('./reaper.ts', import.meta.url).href

function sleeper(command = 'sleep', args = ['600']): number {
  const child = spawn(command, args, { stdio: 'ignore', detached: true })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child.pid ?? 0
}

function folderWithFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-reaper-'))
  writeFileSync(join(folder, 'file'), 'content')
  return folder
}

it('ends a frozen process and deletes a folder when its runtime is killed with -9', async () => {
  const folder = folderWithFile()
  const parent = childScript(`
    import { spawn } from 'node:child_process'
    import { startReaper } from ${JSON.stringify(source)}
    const reaper = await startReaper()
    const { pid } = spawn('sleep', ['600'], { stdio: 'ignore', detached: true })
    process.kill(pid, 'SIGSTOP')
    reaper.removeOnExit(${JSON.stringify(folder)})
    reaper.watch(pid)
    console.log(pid)
    setInterval(() => undefined, 1_000)
  `)
  const pid = Number(await firstLine(parent))
  expect(isAlive(pid)).toBe(true)
  parent.kill('SIGKILL')
  await vi.waitFor(() => expect([isAlive(pid), existsSync(folder)]).toEqual([false, false]), 10_000)
})

it('does not keep its runtime alive', async () => {
  const parent = childScript(`
    import { startReaper } from ${JSON.stringify(source)}
    await startReaper()
  `)
  const [code] = await once(parent, 'exit')
  expect(code).toBe(0)
})

it('ends the registered processes on stop, and no others', async () => {
  const reaper = await startReaper()
  const [watched, forgotten, stranger] = [sleeper(), sleeper(), sleeper()]
  const [registered, other] = [folderWithFile(), folderWithFile()]
  reaper.watch(watched)
  reaper.watch(forgotten)
  reaper.unwatch(forgotten)
  reaper.removeOnExit(registered)
  await Promise.all([reaper.stop(), reaper.stop()])
  expect([watched, forgotten, stranger].map(isAlive)).toEqual([false, true, true])
  expect([registered, other].map((folder) => existsSync(folder))).toEqual([false, true])
  await startReaper().then((next) => {
    next.removeOnExit(other)
    return next.stop()
  })
  expect(existsSync(other)).toBe(false)
})

it('kills a process that ignores its signal', async () => {
  const reaper = await startReaper()
  const child = spawn('sh', ['-c', 'trap "" QUIT; echo deaf; while :; do sleep 0.05; done'])
  onTestFinished(() => void child.kill('SIGKILL'))
  expect(await firstLine(child)).toBe('deaf')
  reaper.watch(child.pid ?? 0, 'SIGQUIT')
  const exit = once(child, 'exit')
  await reaper.stop()
  expect(await exit).toEqual([null, 'SIGKILL'])
})

it('rejects processes and folders that must never be killed or deleted', async () => {
  const reaper = await startReaper()
  onTestFinished(() => reaper.stop())
  for (const pid of [1, 0, -1, 1.5, Number.NaN]) {
    expect(() => reaper.watch(pid)).toThrow(expect.objectContaining({ code: 'SPILLWAY_OPTION_INVALID' }))
  }
  for (const folder of ['/', 'relative', '']) {
    expect(() => reaper.removeOnExit(folder)).toThrow(
      expect.objectContaining({ code: 'SPILLWAY_OPTION_INVALID' }),
    )
  }
})
