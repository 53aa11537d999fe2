import { type ChildProcess, spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { dirname, isAbsolute } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SpillwayError } from '@spillway/message'
import type { ReaperOrder } from './reaper-order.ts'

/** Ends the processes of the runtime when the runtime dies, even by `kill -9`. */
export interface Reaper {
  /**
   * Registers a process. It receives `signal` (default `SIGKILL`), and if it still runs 2 seconds later, it and its
   * children receive `SIGKILL`.
   *
   * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when `pid` is not the id of an ordinary process (above 1).
   */
  watch(pid: number, signal?: NodeJS.Signals): void
  /** Removes a process. Call it as soon as the process has ended, because its id may be reused. */
  unwatch(pid: number): void
  /**
   * Registers a folder to delete when the processes have ended.
   *
   * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when `folder` is not an absolute path below the root.
   */
  removeOnExit(folder: string): void
  /** Ends the registered processes and resolves when the reaper's own process has ended. Safe to call again. */
  stop(): Promise<void>
}

/**
 * Starts a reaper: a detached process, which Ctrl-C does not reach. It waits for the end of a pipe that only this
 * process holds. It does not keep this process alive.
 *
 * @throws SpillwayError `SPILLWAY_START_FAILED` when its process does not start.
 */
export async function startReaper(): Promise<Reaper> {
  const main = fileURLToPath(new URL(`./reaper-main${extension(import.meta.url)}`, import.meta.url))
  const child = spawn(process.execPath, [main], {
    cwd: '/',
    detached: true,
    env: {
      PATH: process.env.PATH,
      SystemRoot: process.env.SystemRoot,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      NODE_NO_WARNINGS: '1',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
    windowsHide: true,
  })
  const { stdin } = child
  // Ignores errors of writing to a reaper that was killed.
  stdin.on('error', () => undefined)
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await ready(child, main)
  child.stdout.destroy()
  child.unref()
  if (stdin instanceof Socket) stdin.unref()

  const tell = (order: ReaperOrder): void => {
    if (stdin.writable) stdin.write(`${JSON.stringify(order)}\n`)
  }
  return Object.freeze({
    watch(pid: number, signal: NodeJS.Signals = 'SIGKILL') {
      if (!Number.isSafeInteger(pid) || pid <= 1) throw invalid(`The reaper cannot watch the process ${pid}.`)
      tell(['watch', pid, signal])
    },
    unwatch: (pid: number) => tell(['unwatch', pid]),
    removeOnExit(folder: string) {
      if (!isAbsolute(folder) || dirname(folder) === folder) {
        throw invalid(`The reaper deletes folders by absolute path, not ${folder}.`)
      }
      tell(['remove', folder])
    },
    stop() {
      child.ref()
      stdin.end()
      return gone
    },
  })
}

function ready(child: ChildProcess, main: string): Promise<void> {
  const failed = (cause?: Error) =>
    new SpillwayError(
      'SPILLWAY_START_FAILED',
      `The reaper did not start. Run \`${process.execPath} ${main}\` to see why.`,
      { cause },
    )
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(failed(error)))
    child.once('exit', () => reject(failed()))
    child.stdout?.once('data', () => resolve())
  })
}

// The sources run directly, with type stripping; the package has compiled files.
function extension(url: string): '.ts' | '.js' {
  return new URL(url).pathname.endsWith('.ts') ? '.ts' : '.js'
}

function invalid(message: string): SpillwayError {
  return new SpillwayError('SPILLWAY_OPTION_INVALID', message)
}
