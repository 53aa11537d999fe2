import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { connect } from './database.ts'

/** The program, if it is installed (Debian's package `pgbouncer`). It is not an npm package. */
export const pgbouncer: string | undefined = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
  .map((folder) => join(folder, 'pgbouncer'))
  .find(existsSync)

/** A PgBouncer in front of a database, in transaction mode. */
export interface Pgbouncer {
  /** The URL of the database for its clients. */
  readonly url: string
  stop(): Promise<void>
}

/**
 * Starts a PgBouncer on a free port of the loopback interface.
 *
 * @param program see {@link pgbouncer}
 * @param url the database, with its user
 * @param sessions the maximum number of sessions at the server
 */
export async function startPgbouncer(program: string, url: string, sessions: number): Promise<Pgbouncer> {
  const { hostname, port: serverPort, username, pathname } = new URL(url)
  const folder = await mkdtemp(join(tmpdir(), 'spillway-pgbouncer-'))
  const port = await freePort()
  const file = join(folder, 'pgbouncer.ini')
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'any',
    pool_mode: 'transaction',
    default_pool_size: sessions,
    max_client_conn: 1_000,
    log_connections: 0,
    log_disconnections: 0,
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
  const database = `${pathname.slice(1)} = host=${hostname} port=${serverPort} user=${username}`
  await writeFile(file, `[databases]\n${database}\n[pgbouncer]\n${lines.join('\n')}\n`)
  // It refuses to run as root.
  await chmod(folder, 0o755)
  const user = process.getuid?.() === 0 ? ['--user=nobody'] : []
  const child = spawn(program, ['--quiet', ...user, file], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const clientUrl = new URL(url)
  clientUrl.hostname = '127.0.0.1'
  clientUrl.port = String(port)
  const stop = async () => {
    await end(child)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await untilReady(clientUrl.href, child)
  } catch (error) {
    await stop()
    throw new Error(`PgBouncer did not start: ${said}`, { cause: error })
  }
  return { url: clientUrl.href, stop }
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  for (const deadline = Date.now() + 10_000; ; ) {
    try {
      const client = await connect(url)
      return await client.end()
    } catch (error) {
      if (child.exitCode !== null || Date.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}
