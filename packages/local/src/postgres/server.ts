import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { SpillwayError } from '@spillway/message'
import { childrenOf, sendSignal, untilGone } from '../reaper/process-table.ts'
import type { Reaper } from '../reaper/reaper.ts'
import { type Account, spawnOptions } from './command.ts'
import { createLogTail, readLines } from './server-log.ts'

/** A running postmaster. */
export interface Server {
  running(): boolean
  /** Shuts it down fast (`SIGINT`) or immediately (`SIGQUIT`), and with stronger signals if it does not end. */
  end(signal: 'SIGINT' | 'SIGQUIT'): Promise<void>
  /** Kills the postmaster and all its backends at the same moment with `kill -9`. */
  kill(): Promise<void>
}

/** What {@link launch} takes. */
export interface Launch {
  readonly program: string
  readonly account: Account | undefined
  readonly data: string
  readonly port: number
  readonly reaper: Reaper
  readonly onLine: (line: string) => boolean
  readonly onExit: () => void
}

const readyTimeout = 20_000
const endTimeout = 5_000

/**
 * Starts the postmaster and waits until it accepts connections.
 *
 * @throws SpillwayError `SPILLWAY_PORT_IN_USE` when another process listens on the port; `SPILLWAY_START_FAILED`, with
 * the end of the server's log, when it ends or is not ready within 20 seconds.
 */
export async function launch(options: Launch): Promise<Server> {
  const { program, account, data, port, reaper } = options
  const tail = createLogTail()
  const child = spawn(program, ['-D', data, '-p', String(port)], {
    ...spawnOptions(account),
    // Not in the terminal's process group, so that Ctrl-C does not end it before its clients.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const pid = child.pid ?? 0
  if (pid > 1) reaper.watch(pid, 'SIGQUIT')

  let running = pid > 1
  const exited = new Promise<void>((resolve) => {
    // `close` rather than `exit`, because it is emitted after the last backend has closed the log.
    child.once('close', () => {
      running = false
      if (pid > 1) reaper.unwatch(pid)
      options.onExit()
      resolve()
    })
  })
  const server: Server = {
    running: () => running,
    async end(signal) {
      for (const next of [signal, 'SIGQUIT'] as const) {
        if (!running) return
        sendSignal(pid, next)
        if (await settles(exited, endTimeout)) return
      }
      await server.kill()
    },
    async kill() {
      if (!running) return
      // Frozen first, so that it does not fork or clean up while its children are listed.
      sendSignal(pid, 'SIGSTOP')
      const all = [pid, ...childrenOf(pid)]
      for (const each of all) sendSignal(each, 'SIGKILL')
      await exited
      await untilGone(all, endTimeout)
    },
  }

  const isReady = await untilReady(child, exited, options.onLine, tail.add)
  if (isReady) return Object.freeze(server)
  await server.kill()
  throw failure(port, tail.text())
}

/**
 * Resolves with `true` when the server accepts connections, and with `false` when it has not within the time-out.
 * Continues to read its log.
 */
async function untilReady(
  child: ChildProcessByStdio<null, null, Readable>,
  exited: Promise<void>,
  onLine: Launch['onLine'],
  addToTail: (line: string) => void,
): Promise<boolean> {
  const ready = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => ready.resolve(false), readyTimeout)
  child.once('error', (error) => {
    addToTail(error.message)
    ready.resolve(false)
  })
  void exited.then(() => ready.resolve(false))
  readLines(child.stderr, (line) => {
    if (onLine(line)) return
    addToTail(line)
    if (line.endsWith('database system is ready to accept connections')) ready.resolve(true)
  })
  const isReady = await ready.promise
  clearTimeout(timer)
  return isReady
}

function failure(port: number, log: string): SpillwayError {
  if (/could not bind .*in use/i.test(log)) {
    return new SpillwayError(
      'SPILLWAY_PORT_IN_USE',
      `Postgres cannot listen on 127.0.0.1:${port}, because another process does. Stop that process, or choose another port.`,
    )
  }
  const end = log.split('\n').slice(-20).join('\n')
  return new SpillwayError('SPILLWAY_START_FAILED', `Postgres did not start. Its log ends with:\n${end}`)
}

async function settles(promise: Promise<void>, ms: number): Promise<boolean> {
  const late = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => late.resolve(false), ms)
  const settled = await Promise.race([promise.then(() => true), late.promise])
  clearTimeout(timer)
  return settled
}
