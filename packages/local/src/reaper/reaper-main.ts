/**
 * The process that {@link startReaper} starts. It reads messages from its standard input, and ends the watched
 * processes when the input ends.
 *
 * @module
 */
import { rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { childrenOf, isAlive, sendSignal, untilGone } from './process-table.ts'
import type { ReaperOrder } from './reaper-order.ts'

const watched = new Map<number, NodeJS.Signals>()
const folders = new Set<string>()

function handle(order: ReaperOrder): void {
  if (order[0] === 'watch') watched.set(order[1], order[2])
  else if (order[0] === 'unwatch') watched.delete(order[1])
  else if (order[0] === 'remove') folders.add(order[1])
}

async function reap(): Promise<void> {
  for (const [pid, signal] of watched) sendSignal(pid, signal)
  const pids = [...watched.keys()]
  if (!(await untilGone(pids, 2_000))) {
    // The children of a process that ignores its signal may ignore theirs, too.
    const stubborn = pids.filter(isAlive).flatMap((pid) => [pid, ...childrenOf(pid)])
    for (const pid of stubborn) sendSignal(pid, 'SIGKILL')
    await untilGone(stubborn, 5_000)
  }
  for (const folder of folders) {
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }).catch(() => undefined)
  }
}

// It ignores these signals, so that a signal to all `node` processes does not end it before the others.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
process.stdout.write('ready\n')
try {
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      handle(JSON.parse(line))
    } catch {
      // The line is incomplete, because the runtime ended while it wrote it.
    }
  }
} finally {
  await reap()
}
process.exit(0)
