import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { copyFile, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PackedPackage, packAll } from './pack.ts'
import { packageNames, root } from './workspace.ts'

const run = promisify(execFile)
/** An app with one handler that accepts requests and one that writes. */
const app = join(root, 'docs', 'snippets', 'published', 'app.ts')

let project: string
let packed: readonly PackedPackage[]

/** The further packages to install, peers and compilers, by the folder in which each is installed. */
const furtherPackages: Readonly<Record<string, readonly string[]>> = {
  '.': ['typescript', '@types/node'],
  'packages/breaker': ['@aws-sdk/client-lambda'],
  'packages/ingest': ['@middy/core', '@middy/http-json-body-parser', 'zod'],
  'packages/kinesis': ['@aws-sdk/client-kinesis', '@aws-sdk/client-s3', '@aws-sdk/client-sqs'],
  'packages/kysely': ['@aws-sdk/rds-signer', 'kysely', 'mysql2', 'pg', '@types/pg'],
  'packages/telemetry': ['@aws-lambda-powertools/logger', '@opentelemetry/api', 'pino'],
}

/** The Node of the workspace is 24. */
const nodes = { 'Node 22': () => nodeOf('node22'), 'Node 24': () => process.execPath }

const installedAt = (name: string) => join(project, 'node_modules', name)
const nodeOf = (name: string) => join(installedAt(name), 'bin', 'node')

/** The environment without the conditions and settings of the workspace. */
const environment = () => {
  const { NODE_OPTIONS: _, ...rest } = process.env
  return Object.fromEntries(Object.entries(rest).filter(([name]) => !/^npm_|^VITEST/i.test(name)))
}

beforeAll(async () => {
  project = await realpath(await mkdtemp(join(tmpdir(), 'spillway-project-')))
  packed = await packAll(join(project, 'tarballs'))
  const versions = Object.entries(furtherPackages).flatMap(([folder, names]) =>
    names.map((name) => {
      const manifest = readFileSync(join(root, folder, 'node_modules', name, 'package.json'), 'utf8')
      return [name, JSON.parse(manifest).version as string]
    }),
  )
  const manifest = {
    private: true,
    type: 'module',
    dependencies: {
      ...Object.fromEntries(packed.map(({ name, tarball }) => [name, `file:${tarball}`])),
      ...Object.fromEntries(versions),
      // The declarations of @middy/core import it, as the READMEs of the packages say.
      '@aws/durable-execution-sdk-js': '2.4.0',
      // The package `node` would install each of these with a separate npm.
      node20: `npm:node-${process.platform}-${process.arch}@20.20.2`,
      node22: `npm:node-${process.platform}-${process.arch}@22.23.3`,
    },
  }
  await writeFile(join(project, 'package.json'), JSON.stringify(manifest))
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund'], {
    cwd: project,
    // The npm of the user's PATH, with its own Node.
    env: {
      ...environment(),
      PATH: (process.env.PATH ?? '')
        .split(delimiter)
        .filter((folder) => !folder.startsWith(root))
        .join(delimiter),
    },
  })
}, 400_000)
afterAll(() => rm(project, { recursive: true, force: true }))

async function manifestOf(name: string) {
  return JSON.parse(await readFile(join(installedAt(name), 'package.json'), 'utf8'))
}

/** Runs a module of the project. */
async function runIn(node: string, name: string, code: string): Promise<string> {
  const file = join(project, name)
  await writeFile(file, code)
  const { stdout } = await run(node, [file], { cwd: project, env: environment() })
  return stdout.trim()
}

it('include all packages that are not private', async () => {
  const folders = await readdir(join(root, 'packages'))
  const manifests = await Promise.all(
    folders.map(async (folder) =>
      JSON.parse(await readFile(join(root, 'packages', folder, 'package.json'), 'utf8')),
    ),
  )
  const published = manifests.filter((manifest) => manifest.private !== true).map(({ name }) => name)
  expect(packed.map(({ name }) => name).sort()).toStrictEqual(published.sort())
  expect(packageNames).toHaveLength(published.length)
})

it('each have a licence, README, changelog and types, and no sources, tests or protocols of the workspace', async () => {
  for (const { name } of packed) {
    const files = await readdir(installedAt(name), { recursive: true })
    const manifest = await manifestOf(name)
    const entries = Object.values<{ types?: string }>(manifest.exports)
    const types = entries.flatMap((entry) => (entry.types === undefined ? [] : join(entry.types)))
    const whole = ['LICENSE', 'README.md', 'CHANGELOG.md', 'package.json', ...types]
    expect(types.length, name).toBeGreaterThan(0)
    expect(files, name).toEqual(expect.arrayContaining(whole))
    expect(
      files.filter((file) => /\.test|\.bench|testing\/|^src/.test(file)),
      name,
    ).toStrictEqual([])
    expect(JSON.stringify(manifest), name).not.toMatch(/workspace:|catalog:|spillway:source/)
    expect(await readFile(join(installedAt(name), 'README.md'), 'utf8'), name).not.toMatch(/\]\(\.\.?\//)
    expect(await readFile(join(installedAt(name), 'CHANGELOG.md'), 'utf8'), name).toContain(
      `## ${manifest.version}\n`,
    )
  }
})

it('compile when the libraries are checked as well', async () => {
  await copyFile(app, join(project, 'app.ts'))
  const entries = await entriesOfAll()
  await writeFile(join(project, 'entries.ts'), entries.map((entry) => `import '${entry}'\n`).join(''))
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2024'],
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: false,
  }
  await writeFile(
    join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['app.ts', 'entries.ts'] }),
  )
  const tsc = join(installedAt('typescript'), 'bin', 'tsc')
  const { stdout } = await run(process.execPath, [tsc, '-p', project]).catch((failed) => failed)
  expect(stdout).toBe('')
})

async function entriesOfAll(): Promise<readonly string[]> {
  const entries: string[] = []
  for (const { name } of packed) {
    const { exports } = await manifestOf(name)
    for (const path of Object.keys(exports)) {
      if (path !== './package.json') entries.push(join(name, path))
    }
  }
  return entries
}

describe.each(Object.entries(nodes))('on %s', (_, node) => {
  it('can be imported: every entry of every package', async () => {
    const entries = await entriesOfAll()
    const imports = entries.map((entry) => `import('${entry}').then((m) => Object.keys(m).length)`)
    const code = `console.log(JSON.stringify(await Promise.all([${imports.join(',')}])))`
    const counts = JSON.parse(await runIn(node(), 'entries.mjs', code))
    expect(counts).toHaveLength(entries.length)
    expect(Math.min(...counts)).toBeGreaterThan(0)
  })

  it('send a request to a queue, and write the messages of a queue', async () => {
    const code = await readFile(app, 'utf8')
    expect(await runIn(node(), 'app.ts', code)).toBe('a 2026, b 2026')
  })

  it('have a working command line', async () => {
    const { stdout } = await run(node(), [await bin(), 'help'], { env: environment() })
    expect(stdout).toMatch(/^Usage: spillway <command>/)
  })
})

async function bin(): Promise<string> {
  return join(installedAt('spillway'), (await manifestOf('spillway')).bin.spillway)
}

describe('on Node 20', () => {
  it('report which Node the command line needs', async () => {
    const failed = await run(nodeOf('node20'), [await bin(), 'help'], { env: environment() }).catch((e) => e)
    expect([failed.code, failed.stdout, failed.stderr]).toStrictEqual([
      1,
      '',
      'spillway: Node 22.19 or newer is needed; this is Node 20.20.2.\n',
    ])
  })

  it('report which Node the local runtime needs', async () => {
    const code = `
      import { loadApp, startLocal } from '@spillway/local'
      import { startPostgres, startQueues, startStreamSource, startStreams } from '@spillway/local/testing'
      const starts = {
        loadApp: () => loadApp('.'),
        startLocal: () => startLocal({ app: {}, folder: '.' }),
        startPostgres,
        startQueues: () => startQueues({ queues: [] }),
        startStreams: () => startStreams({ streams: [] }),
        startStreamSource: async () => startStreamSource({}, {}),
      }
      for (const start of Object.values(starts))
        await start().catch(({ code, message }) => console.log(code, message))`
    const text =
      'SPILLWAY_START_FAILED The local runtime needs Node 22.18 or newer, which runs TypeScript and has SQLite; this is Node 20.20.2.'
    expect((await runIn(nodeOf('node20'), 'local.mjs', code)).split('\n')).toStrictEqual(Array(6).fill(text))
  })

  it('report which Node the packages of a function need, before the first event', async () => {
    const code = `
      import { defineMessage } from '@spillway/message'
      import * as z from 'zod'
      try {
        defineMessage({ name: 'a', schema: z.object({}) })
      } catch ({ code, message }) {
        console.log(code, message)
      }`
    const text = 'SPILLWAY_NODE_UNSUPPORTED Spillway needs Node 22 or newer; this is Node 20.20.2.'
    expect(await runIn(nodeOf('node20'), 'function.mjs', code)).toBe(text)
  })

  it('can be imported: every entry of every package', async () => {
    const entries = await entriesOfAll()
    const imports = entries.map((entry) => `await import('${entry}')`)
    expect(await runIn(nodeOf('node20'), 'imported.mjs', `${imports.join('\n')}\nconsole.log('all')`)).toBe(
      'all',
    )
  })
})
