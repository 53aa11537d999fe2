// Runs a script of this workspace under the workspace's Node instead of the `node` on PATH, and installs the workspace
// first if needed. This is JavaScript, because every Node since 18 must be able to run it.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, 'node_modules', '.spillway-installed')

function manifests() {
  const members = ['packages', 'examples'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(folder, name, 'package.json')),
  )
  return ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', 'docs/package.json', ...members]
    .map((path) => join(root, path))
    .filter((path) => existsSync(path))
}

function fingerprint() {
  const hash = createHash('sha256')
  for (const path of manifests()) hash.update(readFileSync(path))
  return hash.digest('hex')
}

function installed() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint()
}

function install() {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  console.error('Installing the workspace (the first time this takes about half a minute) ...')
  // pnpm's progress goes to standard error, because standard output belongs to the script that runs afterwards.
  const result = spawnSync(
    'npx',
    ['--yes', packageManager, 'install', '--frozen-lockfile', '--reporter=append-only'],
    { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' },
  )
  if (result.status !== 0) {
    console.error('spillway: the installation failed; see its output above. Is the npm registry reachable?')
    process.exit(result.status ?? 1)
  }
  writeFileSync(stamp, fingerprint())
}

// The binary of the `node` package, or the one of this process if it is new enough to run TypeScript.
function findNode() {
  const names = process.platform === 'win32' ? ['node.exe'] : ['node']
  for (const name of names) {
    const bundled = join(root, 'node_modules', 'node', 'bin', name)
    if (existsSync(bundled) && spawnSync(bundled, ['--version']).status === 0) return bundled
  }
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 19)) return process.execPath
  console.error(
    `spillway: no Node 24 build is available for ${process.platform}-${process.arch}, and the Node on PATH is ` +
      `${process.versions.node}. Install Node 22.19 or newer and run the command again.`,
  )
  return process.exit(1)
}

const [script, ...args] = process.argv.slice(2)
if (script === undefined) {
  console.error('usage: node scripts/boot.mjs <script> [arguments] | --install')
  process.exit(2)
}
if (script === '--install') {
  // `npm install` does not know the protocols of this workspace, so pnpm installs again after it. When pnpm runs this
  // script at the end of its own installation, nothing remains to be done.
  const afterPnpm =
    process.env.npm_lifecycle_event === 'postinstall' &&
    process.env.npm_config_user_agent?.startsWith('pnpm/')
  if (!afterPnpm) install()
  process.exit(0)
}
if (!installed()) install()

const node = findNode()
const child = spawn(node, ['--conditions=spillway:source', join(root, script), ...args], {
  cwd: process.cwd(),
  stdio: 'inherit',
  env: {
    // Each process that is started from the sources takes half a second less.
    NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'compiled'),
    ...process.env,
    PATH: `${dirname(node)}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH ?? ''}`,
  },
})
// A terminal sends Ctrl-C to the child as well, but a `kill` of this process must be passed on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
// A `kill` of npm ends only npm and its shell. This process therefore stops when its parent has ended.
const parent = process.ppid
setInterval(() => {
  if (process.ppid !== parent) child.kill('SIGTERM')
}, 250).unref()
child.on('error', (error) => {
  console.error(`spillway: cannot run ${node}: ${error.message}`)
  process.exit(1)
})
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
