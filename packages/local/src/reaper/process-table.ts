import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * Whether a process of this user still runs. A zombie does not count, because it stays forever in a container whose
 * init process does not reap it. A process of another user does not count, because it has reused the id.
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  const state = linuxStat(pid)?.state
  return state !== 'Z' && state !== 'X'
}

/** The ids of the processes whose parent is `pid`. */
export function childrenOf(pid: number): readonly number[] {
  return parents()
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child)
}

/** Sends a signal to a process that may have ended; `pid` must be above 1. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  // The kernel treats 0 as the own process group, -1 as all processes and 1 as init.
  if (!Number.isSafeInteger(pid) || pid <= 1) return
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended, or belongs to another user.
  }
}

/** Resolves to `true` as soon as none of the processes runs, or to `false` after `ms` milliseconds. */
export async function untilGone(pids: readonly number[], ms: number): Promise<boolean> {
  const deadline = performance.now() + ms
  while (pids.some(isAlive)) {
    if (performance.now() >= deadline) return false
    await delay(10)
  }
  return true
}

function parents(): readonly (readonly [pid: number, parent: number])[] {
  if (process.platform === 'linux') {
    // Slim images have no `ps`.
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), linuxStat(Number(name))?.parent ?? 0])
  }
  if (process.platform === 'win32') return []
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
  return table.split('\n').map((row) => {
    const [pid = 0, parent = 0] = row.trim().split(/\s+/).map(Number)
    return [pid, parent]
  })
}

function linuxStat(pid: number): { readonly state: string; readonly parent: number } | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The second field is the name in brackets, which itself may contain spaces and brackets.
    const [state = '', parent = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state, parent: Number(parent) }
  } catch {
    return undefined
  }
}
