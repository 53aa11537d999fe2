import { spawn } from 'node:child_process'
import type { Duplex, Readable } from 'node:stream'
import { lineReader } from './lines.ts'
import type { LogLine } from './types.ts'

/** What {@link startSandbox} takes. */
export interface SandboxOptions {
  /** The bundle. */
  readonly file: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** The limit of the JavaScript heap in MB. */
  readonly memorySize: number
  readonly reaper: { watch(pid: number): void; unwatch(pid: number): void }
  /** Called with each line that the handler prints. Without it the output is dropped. */
  readonly onOutput?: ((line: Pick<LogLine, 'stream' | 'text'>) => void) | undefined
  /** Called with each line that the bootstrap writes to the channel. */
  onLine(line: string): void
  /** Called when the process could not be created. */
  onStartError(error: Error): void
  /** Called as soon as the process has exited. */
  onExit(): void
  /** Called after {@link onExit}, when its remaining output has been read. */
  onEnd(code: number | null, signal: NodeJS.Signals | null): void
}

/** The process of an environment, together with all processes that the handler starts in it. */
export interface Sandbox {
  /** `undefined` when the process could not be created. */
  readonly pid: number | undefined
  /** `false` as soon as the end of the process is known. */
  isAlive(): boolean
  /** Writes a line to the bootstrap. */
  write(line: string): void
  /** Signals all processes of the sandbox; returns whether the signal could be sent. */
  signal(signal: NodeJS.Signals): boolean
  /** Closes the channel and the output. */
  close(): void
}

const longestLogLine = 256 * 1024

/** Milliseconds to wait for the pipes of a process that has exited: a detached child of it may keep them open. */
const pipeTimeout = 500

/** Starts the process. Never throws. */
export function startSandbox(options: SandboxOptions): Sandbox {
  const output = options.onOutput === undefined ? 'ignore' : 'pipe'
  const child = spawn(process.execPath, [`--max-old-space-size=${options.memorySize}`, options.file], {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ['ignore', output, output, 'pipe'],
  })
  const { pid } = child
  // This listener comes first, because a process that could not be created emits this event and has no channel.
  child.on('error', (error) => {
    if (pid === undefined) options.onStartError(error)
  })
  if (pid !== undefined) options.reaper.watch(pid)
  const channel = child.stdio?.[3] as Duplex | null | undefined

  function signalAll(signal: NodeJS.Signals): boolean {
    if (pid === undefined || process.platform === 'win32') return child.kill(signal)
    try {
      return process.kill(-pid, signal)
    } catch {
      return false
    }
  }

  child.once('exit', (code, signal) => {
    options.onExit()
    if (pid !== undefined) options.reaper.unwatch(pid)
    // Processes that the handler has started would keep the pipes open.
    signalAll('SIGKILL')
    // The last output, which may contain the reason of the exit, is read first.
    const late = setTimeout(options.onEnd, pipeTimeout, code, signal)
    child.once('close', () => {
      clearTimeout(late)
      // A result in the last output is also passed on in a `setImmediate`, which runs before this one.
      setImmediate(options.onEnd, code, signal)
    })
  })
  // A write to a process that has just died fails here; its exit event follows.
  channel?.on('error', () => undefined)
  channel?.setEncoding('utf8').on('data', lineReader(options.onLine).write)
  readOutput(child.stdout, (text) => options.onOutput?.({ stream: 'stdout', text }))
  readOutput(child.stderr, (text) => options.onOutput?.({ stream: 'stderr', text }))

  return {
    pid,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    write: (line) => void channel?.write(line),
    signal: signalAll,
    close() {
      for (const stream of [channel, child.stdout, child.stderr]) stream?.destroy()
    },
  }
}

function readOutput(stream: Readable | null, onText: (text: string) => void): void {
  const lines = lineReader(onText, longestLogLine)
  stream?.setEncoding('utf8').on('data', lines.write).on('end', lines.end)
}
