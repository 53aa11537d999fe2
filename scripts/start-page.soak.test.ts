import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePorts } from '../packages/cli/src/testing/processes.ts'
import { packAll } from './pack.ts'
import { isPrinted, type Step, stepsOf } from './page-steps.ts'
import { type Registry, startRegistry } from './registry.ts'
import { root } from './workspace.ts'

// Follows docs/start.md exactly, in an empty folder, with the packed packages: it writes each file of the page, runs
// each command in one shell, and compares each output. Only the ports differ.

/** Commands that only read are repeated until they print the output of the page. */
const readsOnly = /^(?:node sql\.ts 'select|npx spillway parked list)/
const patience = 120_000

let folder: string
let registry: Registry
let port: number
const children: ChildProcess[] = []

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'spillway-start-')))
  registry = await startRegistry(await packAll(join(folder, 'tarballs')))
  port = await freePorts()
}, 400_000)
afterAll(async () => {
  await Promise.all(children.map(interrupt))
  await registry?.stop()
  await rm(folder, { recursive: true, force: true })
}, 60_000)

it('follows the page from an empty folder to the first row, and then breaks and repairs the app', async () => {
  const page = await readFile(join(root, 'docs', 'start.md'), 'utf8')
  const shell = startShell()
  for (const step of stepsOf(page, 'docs/snippets/start/')) {
    if (step.kind === 'file') await writeIn(join(folder, 'shop'), step.path, withPorts(step.text))
    else if (step.text === 'npx spillway dev') await startApp()
    else await follow(shell, step)
  }
}, 900_000)

async function follow(shell: Shell, { text, output }: Extract<Step, { kind: 'command' }>): Promise<void> {
  const until = Date.now() + patience
  for (;;) {
    const { printed, status } = await shell(withPorts(text))
    if (status === 0 && isPrinted(output, printed)) return
    if (!readsOnly.test(text) || Date.now() > until)
      expect(`${status}\n${printed}`, text).toBe(output.join('\n'))
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

const withPorts = (text: string) =>
  text.replaceAll('127.0.0.1:3000', `127.0.0.1:${port}`).replaceAll('127.0.0.1:3001', `127.0.0.1:${port + 1}`)

async function writeIn(project: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(project, path)), { recursive: true })
  await writeFile(join(project, path), text)
}

/**
 * The environment without the settings of the workspace. It has the Node of the workspace and the npm of the user's
 * PATH. npm would look for its global settings beside the Node, so their path is set.
 */
function environment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, PATH = '', ...rest } = process.env
  const paths = PATH.split(delimiter).filter((path) => !path.startsWith(root))
  return {
    ...Object.fromEntries(
      Object.entries(rest).filter(([name]) => !/^npm_(?!config_globalconfig$)|^VITEST/i.test(name)),
    ),
    PATH: [dirname(process.execPath), ...paths].join(delimiter),
    PORT: String(port),
    npm_config_registry: registry.url,
    npm_config_audit: 'false',
    npm_config_fund: 'false',
  }
}

async function startApp(): Promise<void> {
  const child = spawn('npx', ['spillway', 'dev'], {
    cwd: join(folder, 'shop'),
    env: environment(),
    detached: true,
  })
  children.push(child)
  let printed = ''
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (data) => {
      printed += data
      if (/^ready /m.test(printed)) resolve()
    })
    child.stderr.on('data', (data) => {
      printed += data
    })
    child.on('exit', () => reject(new Error(printed)))
  })
}

type Shell = (text: string) => Promise<{ readonly printed: string; readonly status: number }>

/** One shell for all commands, because they share its folder and its variables. */
function startShell(): Shell {
  const child = spawn('bash', [], { cwd: folder, env: environment(), detached: true })
  children.push(child)
  child.stdin.write('exec 2>&1\n')
  return (text) =>
    new Promise((resolve) => {
      const mark = crypto.randomUUID()
      let printed = ''
      const listen = (data: Buffer) => {
        printed += data
        const [all, before = '', status] = new RegExp(`([\\s\\S]*)${mark} (\\d+)\\n`).exec(printed) ?? []
        if (all === undefined) return
        child.stdout.off('data', listen)
        resolve({ printed: before, status: Number(status) })
      }
      child.stdout.on('data', listen)
      child.stdin.write(`${text}\nstatus=$?; echo; echo ${mark} $status\n`)
    })
}

/** Sends SIGINT to the whole process group, as Ctrl-C does. */
async function interrupt(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  process.kill(-child.pid, 'SIGINT')
  await new Promise((resolve) => child.once('exit', resolve))
}
