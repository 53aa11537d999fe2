import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { startReaper } from '../reaper/reaper.ts'
import { cachedCopy, findBinaries } from './binaries.ts'
import { run, serverAccount } from './command.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spillway-test-'))
  await chmod(folder, 0o755)
  vi.stubEnv('TMPDIR', folder)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

it('finds a working Postgres', async () => {
  const reaper = await startReaper()
  onTestFinished(() => reaper.stop())
  const account = await serverAccount()
  const { postgres } = await findBinaries(account, reaper)
  expect(await run(postgres, ['--version'], account)).toMatch(/^postgres \(PostgreSQL\) 18/)
})

it('copies programs from a private folder, once for two concurrent calls', async () => {
  const reaper = await startReaper()
  onTestFinished(() => reaper.stop())
  const native = join(folder, 'private', 'native')
  await mkdir(join(native, 'bin'), { recursive: true })
  await writeFile(join(native, 'bin', 'hello-1'), '#!/bin/sh\necho hello', { mode: 0o700 })
  await symlink('hello-1', join(native, 'bin', 'hello'))
  await chmod(join(folder, 'private'), 0o700)

  const [one, two] = await Promise.all([
    cachedCopy(native, '1.2.3', reaper),
    cachedCopy(native, '1.2.3', reaper),
  ])
  expect(one).toBe(two)
  expect(await run(join(one, 'bin', 'hello'), [], await serverAccount())).toBe('hello\n')
  expect(await cachedCopy('/nowhere', '1.2.3', reaper)).toBe(one)
  expect((await readdir(folder)).length).toBe(2)
})

it('does not run programs that another user may have put into the cache', async () => {
  const reaper = await startReaper()
  const native = join(folder, 'private', 'native')
  const cache = join(folder, `spillway-postgres-6.6.6-${process.platform}-${process.arch}`)
  await mkdir(join(cache, 'bin'), { recursive: true })
  await chmod(cache, 0o777)
  const copy = await cachedCopy(native, '6.6.6', reaper)
  expect(copy).not.toBe(cache)
  expect(await run(join(copy, 'bin', 'hello'), [], await serverAccount())).toBe('hello\n')
  await reaper.stop()
  expect(await readdir(folder)).not.toContain(copy)
})
