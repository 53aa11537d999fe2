import { execFileSync } from 'node:child_process'
import { createServer } from 'node:net'

/** Finds a free port whose next port is free, too. */
export async function freePorts(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    if ((await isFree(port)) && (await isFree(port + 1))) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** The ids of a process and all its descendants. */
export function processesOf(pid: number | undefined): string[] {
  const rows = table('pid=,ppid=')
  const found = new Set([String(pid)])
  for (let size = 0; size !== found.size; ) {
    size = found.size
    for (const [child = '', parent = ''] of rows) if (found.has(parent)) found.add(child)
  }
  return [...found]
}

/** The processes that still run. */
export function alive(pids: readonly string[]): string[] {
  const running = new Set(
    table('pid=,stat=').flatMap(([pid, state]) => (state?.startsWith('Z') ? [] : [pid])),
  )
  return pids.filter((pid) => running.has(pid))
}

function table(columns: string): string[][] {
  const rows = execFileSync('ps', ['-eo', columns], { encoding: 'utf8' }).trim().split('\n')
  return rows.map((row) => row.trim().split(/\s+/))
}
