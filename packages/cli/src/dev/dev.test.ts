import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { expect, it, vi } from 'vitest'
import { alive, freePorts, processesOf } from '../testing/processes.ts'
import { type RunningCli, runCli } from '../testing/run-cli.ts'

const orders = join(import.meta.dirname, '..', '..', '..', '..', 'examples', 'orders')

async function start(port: number): Promise<RunningCli> {
  const cli = runCli(['dev', orders], { PORT: String(port) })
  await vi.waitFor(
    () => {
      if (cli.child.exitCode !== null) throw new Error(cli.stderr())
      expect(cli.stdout()).toMatch(/^ready /m)
    },
    { timeout: 30_000, interval: 50 },
  )
  return cli
}

const unused = { environments: 0, active: 0, invocations: 0, errors: 0, throttles: 0 }

const folders = () =>
  readdirSync(tmpdir()).filter((name) => /^spillway-(?!cli-|outside-|pack-|postgres-binaries)/.test(name))

// `failures.test.ts` ends its app with SIGTERM.
it('prints where everything is, and serves it; SIGINT ends all of it, a next start works, and so does kill -9', async () => {
  const port = await freePorts()
  const first = await start(port)
  await expectService(first, port)
  expectNoAccessByOtherNames(port)
  const all = processesOf(first.child.pid)
  expect(all.length).toBeGreaterThan(4)
  first.child.kill('SIGINT')
  expect((await first.ended).code).toBe(0)
  await vi.waitFor(() => expect(alive(all)).toStrictEqual([]), { timeout: 5000 })

  const cli = await start(port)
  const before = processesOf(cli.child.pid)
  const foldersBefore = folders()
  cli.child.kill('SIGKILL')
  await cli.ended
  await vi.waitFor(
    () => {
      expect(alive(before)).toStrictEqual([])
      expect(folders().length).toBeLessThan(foldersBefore.length)
    },
    { timeout: 10_000 },
  )
}, 120_000)

it.each([0, 1])('says that port + %i is in use, before anything starts', async (offset) => {
  const port = await freePorts()
  const server = createServer().listen(port + offset, '127.0.0.1')
  const { code, stdout, stderr } = await runCli(['dev', orders], { PORT: String(port) }).ended
  server.close()
  expect(code).toBe(1)
  expect(stdout).toBe('')
  expect(stderr).toContain(`spillway: Port ${port + offset} is in use.`)
  expect(stderr).not.toContain('Postgres ...')
})

/** What the banner says is there, and its request becomes a row. */
async function expectService(cli: RunningCli, port: number): Promise<void> {
  const lines = cli.stdout().trimEnd().split('\n')
  expect(lines.at(-1)).toBe(`ready http://127.0.0.1:${port}`)
  expect(cli.stdout()).toContain(`POST http://127.0.0.1:${port}/orders`)
  expect(cli.stdout()).toContain(`http://127.0.0.1:${port + 1}/api/state`)
  const url = /postgres:\/\/\S+/.exec(cli.stdout())?.[0]

  // The banner's own request, as a shell runs it.
  const curl = cli.stdout().slice(cli.stdout().indexOf('curl'), cli.stdout().indexOf('\nready'))
  const answer = execFileSync('bash', ['-c', curl.replace('curl -i', 'curl -s')], { encoding: 'utf8' })
  expect(JSON.parse(answer)).toStrictEqual({
    id: '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a10',
    status: 'accepted',
    statusUrl: '/orders/0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a10',
  })

  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await vi.waitFor(
    async () => {
      const { rows } = await client.query('select customer, total_cents from orders')
      expect(rows).toStrictEqual([{ customer: 'ada', total_cents: '900' }])
    },
    { timeout: 15_000, interval: 50 },
  )
  await client.end()

  const state = await (await fetch(`http://127.0.0.1:${port + 1}/api/state`)).json()
  expect(state).toStrictEqual({
    queues: {
      orders: { visible: 0, inFlight: expect.any(Number), delayed: 0 },
      'orders-dlq': { visible: 0, inFlight: 0, delayed: 0 },
    },
    streams: {},
    database: { connections: 1, peakConnections: 1, budget: 16, maxConnections: 20, url },
    functions: {
      ingest: { environments: 1, active: 0, invocations: 1, errors: 0, throttles: 0 },
      bulk: unused,
      status: unused,
      write: {
        environments: 1,
        active: expect.any(Number),
        invocations: expect.any(Number),
        errors: 0,
        throttles: 0,
      },
    },
  })
}

/** A page that reaches the control server by a name of its own (DNS rebinding) is refused. */
function expectNoAccessByOtherNames(port: number): void {
  const get = (host: string) =>
    execFileSync('curl', ['-s', '-H', `Host: ${host}`, `http://127.0.0.1:${port + 1}/api/state`], {
      encoding: 'utf8',
    })
  expect(JSON.parse(get('attacker.example'))).toStrictEqual({ message: 'Forbidden' })
  expect(JSON.parse(get(`localhost:${port + 1}`))).toHaveProperty('queues')
}
