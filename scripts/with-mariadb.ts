// Runs a command with its own MariaDB server, whose URL is in SPILLWAY_TEST_MYSQL_URL, and stops the server afterwards:
// `npm run test:mysql`. It needs Debian's `mariadb-server`. The command must not run npm, because npm looks for its
// global configuration (for example a registry's certificate) beside the Node of the workspace.
//
// The server is configured for tests: it does not wait for the disk, and its packets are small. With `--durable` it has
// MariaDB's defaults, for benchmarks.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const durable = process.argv[2] === '--durable'
const [command, ...args] = process.argv.slice(durable ? 3 : 2)
if (command === undefined) fail('usage: with-mariadb [--durable] <command> [arguments]')
const forTests = [
  '--debug-no-sync',
  '--innodb-flush-method=nosync',
  '--innodb-flush-log-at-trx-commit=0',
  '--innodb-doublewrite=0',
  '--innodb-stats-persistent=0',
  `--max-allowed-packet=${4 * 2 ** 20}`,
]

const data = mkdtempSync(join(tmpdir(), 'spillway-mariadb-'))
process.on('exit', () => rmSync(data, { recursive: true, force: true }))
chmodSync(data, 0o777)
const socket = join(data, 'mariadb.sock')
// The server does not run as root but as the user of Debian's package.
const user = process.getuid?.() === 0 ? ['--user=mysql'] : []

run('mariadb-install-db', [
  '--no-defaults',
  `--datadir=${join(data, 'data')}`,
  '--auth-root-authentication-method=normal',
  '--skip-test-db',
  ...user,
])
const port = await freePort()
const server = spawn(
  'mariadbd',
  [
    '--no-defaults',
    `--datadir=${join(data, 'data')}`,
    `--socket=${socket}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    `--pid-file=${join(data, 'mariadb.pid')}`,
    '--skip-log-bin',
    `--log-error=${join(data, 'error.log')}`,
    ...(durable ? [] : forTests),
    ...user,
  ],
  { stdio: 'ignore' },
)
let child: ChildProcess | undefined
process.on('exit', () => server.kill())
server.on('error', (error) => fail(`mariadbd: ${error.message}`))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    child?.kill('SIGTERM')
    void stop().then(() => process.exit(1))
  })
}
await untilReady()
run('mariadb', [
  '--no-defaults',
  `--socket=${socket}`,
  '-u',
  'root',
  '-e',
  "create database spillway; grant all on *.* to spillway@'127.0.0.1' identified by 'spillway' with grant option",
])

const url = `mysql://spillway:spillway@127.0.0.1:${port}/spillway`
child = spawn(command, args, {
  stdio: 'inherit',
  env: { ...process.env, SPILLWAY_TEST_MYSQL_URL: url },
})
const [code] = (await once(child, 'exit')) as [number | null]
await stop()
process.exit(code ?? 1)

function run(program: string, options: readonly string[]): void {
  const { status, error, stderr } = spawnSync(program, options, { encoding: 'utf8' })
  if (status !== 0) fail(`${program}: ${error?.message ?? stderr}`)
}

async function untilReady(): Promise<void> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(100)) {
    if (server.exitCode !== null)
      fail(`the server ended while it started:\n${readFileSync(join(data, 'error.log'), 'utf8')}`)
    const options = ['--no-defaults', `--socket=${socket}`, '-u', 'root', 'ping']
    if (spawnSync('mariadb-admin', options).status === 0) return
  }
  fail('the server did not start in 30 s')
}

async function stop(running: ChildProcess = server): Promise<void> {
  if (running.exitCode !== null || running.signalCode !== null) return
  running.kill('SIGTERM')
  await once(running, 'exit')
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

function fail(message: string): never {
  console.error(`with-mariadb: ${message}`)
  process.exit(1)
}
