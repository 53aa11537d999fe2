import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type PackedPackage, packAll } from './pack.ts'

const run = promisify(execFile)
let outside: string
let packed: readonly PackedPackage[]

beforeAll(async () => {
  outside = await realpath(await mkdtemp(join(tmpdir(), 'spillway-outside-')))
  packed = await packAll(join(outside, 'tarballs'))
  for (const one of packed) await install(one)
}, 400_000)
afterAll(() => rm(outside, { recursive: true, force: true }))

const installedAt = (name: string) => join(outside, 'node_modules', name)

/** Unpacks a package into `node_modules`, and links what it depends on beside it. */
async function install({ name, folder, tarball }: PackedPackage): Promise<void> {
  const temporary = join(outside, 'unpacked')
  await mkdir(temporary, { recursive: true })
  await run('tar', ['-xzf', tarball, '-C', temporary])
  await mkdir(dirname(installedAt(name)), { recursive: true })
  await rename(join(temporary, 'package'), installedAt(name))
  const { dependencies = {}, peerDependencies = {}, optionalDependencies = {} } = await manifestOf(name)
  for (const dependency of Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies })) {
    const source = join(folder, 'node_modules', dependency)
    if (dependency.startsWith('@spillway/') || existsSync(installedAt(dependency)) || !existsSync(source))
      continue
    await mkdir(dirname(installedAt(dependency)), { recursive: true })
    await symlink(await realpath(source), installedAt(dependency))
  }
}

async function manifestOf(name: string) {
  return JSON.parse(await readFile(join(installedAt(name), 'package.json'), 'utf8'))
}

/** Runs a module outside the workspace, without its conditions. */
async function runOutside(code: string): Promise<string> {
  const file = join(outside, 'main.mjs')
  await writeFile(file, code)
  const { stdout } = await run(process.execPath, [file], { cwd: outside, env: { PATH: process.env.PATH } })
  return stdout.trim()
}

it('imports every entry of every package', async () => {
  const entries: string[] = []
  for (const { name } of packed) {
    const { exports } = await manifestOf(name)
    for (const path of Object.keys(exports)) {
      if (path !== './package.json') entries.push(join(name, path))
    }
  }
  const imports = entries.map(
    (entry) => `import(${JSON.stringify(entry)}).then((m) => Object.keys(m).length)`,
  )
  const counts = JSON.parse(
    await runOutside(`console.log(JSON.stringify(await Promise.all([${imports.join(',')}])))`),
  )
  expect(counts).toHaveLength(entries.length)
  expect(Math.min(...counts)).toBeGreaterThan(0)
})

it('runs a message through the published packages', async () => {
  const result = await runOutside(`
    import { createMessage, decodeMessage, defineMessage, done, encodeMessage } from '@spillway/message'
    import { batch } from '@spillway/batch'
    const schema = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } }
    const order = defineMessage({ name: 'order', schema, key: (body) => body.id })
    const text = encodeMessage(createMessage(order, { id: 'a' }, { time: new Date(0) }))
    const handler = batch(order, async (records) => records.map(() => done()))
    const record = { id: 'm', lane: 'm', receiveCount: 1, body: text }
    const source = { records: [record], park: async () => {}, delay: async () => {} }
    const settled = await handler({ source }, { getRemainingTimeInMillis: () => 1000 })
    console.log((await decodeMessage(order, text)).message.key, settled[0].status)
  `)
  expect(result).toBe('a fulfilled')
})

it('has the licence, a README, types and no sources or tests in each', async () => {
  for (const { name } of packed) {
    const files = await readdir(installedAt(name), { recursive: true })
    const { exports } = await manifestOf(name)
    const entries = Object.values<{ types?: string }>(exports)
    const types = entries.flatMap((entry) => (entry.types === undefined ? [] : join(entry.types)))
    expect(types.length, name).toBeGreaterThan(0)
    expect(files, name).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json', ...types]))
    expect(
      files.filter((file) => /\.test|\.bench|testing\/|^src/.test(file)),
      name,
    ).toStrictEqual([])
    expect(JSON.stringify(await manifestOf(name)), name).not.toMatch(/workspace:|catalog:|spillway:source/)
  }
})

it('has a command line that runs', async () => {
  const { bin } = await manifestOf('spillway')
  const { stdout } = await run(process.execPath, [join(installedAt('spillway'), bin.spillway), 'help'])
  expect(stdout).toMatch(/^Usage: spillway <command>/)
})
