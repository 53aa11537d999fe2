import { spawn } from 'node:child_process'
import { afterEach, expect, inject, it, vi } from 'vitest'
import { alive, freePorts, processesOf } from '../packages/cli/src/testing/processes.ts'
import { root } from './workspace.ts'

let started: string[] = []
afterEach(() => {
  for (const pid of alive(started)) process.kill(Number(pid), 'SIGKILL')
})

function npm(args: readonly string[], environment: Record<string, string> = {}) {
  const child = spawn('npm', args, { cwd: root, env: { ...process.env, ...environment } })
  let stdout = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  return { child, ended, stdout: () => stdout }
}

/** `npm run test:soak` runs only what `npm test` does not. */
const soak = inject('soak')

it.each(soak ? (['SIGINT', 'SIGTERM'] as const) : (['SIGKILL'] as const))(
  'npm start ends all its processes when only npm receives %s',
  async (signal) => {
    const port = await freePorts()
    const { child, stdout } = npm(['start'], { PORT: String(port) })
    await vi.waitFor(() => expect(stdout()).toContain(`ready http://127.0.0.1:${port}\n`), {
      timeout: 30_000,
      interval: 50,
    })
    started = processesOf(child.pid)
    expect(started.length).toBeGreaterThan(4)
    child.kill(signal)
    await vi.waitFor(() => expect(alive(started)).toStrictEqual([]), { timeout: 10_000, interval: 50 })
  },
)

if (soak) {
  it('npm start ends all its processes when its script is killed with -9', async () => {
    const port = await freePorts()
    const { child, stdout } = npm(['start'], { PORT: String(port) })
    await vi.waitFor(() => expect(stdout()).toContain('ready'), { timeout: 30_000, interval: 50 })
    started = processesOf(child.pid)
    process.kill(Number(started[1]), 'SIGKILL')
    await vi.waitFor(() => expect(alive(started)).toStrictEqual([]), { timeout: 10_000, interval: 50 })
  })
} else {
  it('npm start lists the examples', async () => {
    const { child, ended } = npm(['start', '--', 'nowhere'])
    let stderr = ''
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    expect(await ended).toBe(2)
    expect(stderr).toContain(
      "spillway: there is no example 'nowhere'. The examples are ledger, orders, telemetry.",
    )
  })
}
