import { spawn } from 'node:child_process'
import type { Duplex, Readable } from 'node:stream'
import { channelBroken, exited, failed, timedOut } from './failures.ts'
import { toInvocationError } from './invocation-error.ts'
import { lineReader } from './lines.ts'
import type { InvocationError, InvocationFailure, InvocationResult, LogLine } from './types.ts'

/** What an execution environment is started with. */
export interface EnvironmentOptions {
  /** The bundle. */
  readonly file: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Seconds that an invocation may take. */
  readonly timeout: number
  /** MB: the limit of the JavaScript heap. */
  readonly memorySize: number
  readonly reaper: { watch(pid: number): void; unwatch(pid: number): void }
  readonly onLog?: ((line: Omit<LogLine, 'function'>) => void) | undefined
  /** Called when it ends by itself while it runs nothing. */
  readonly onIdleEnd?: ((failure: InvocationFailure) => void) | undefined
}

/** Why an environment did not start, as the invocation with this id is told. */
export type StartFailure = (requestId: string) => InvocationFailure

/** One execution environment: a process that serves one invocation at a time and is frozen in between. */
export interface Environment {
  /** `undefined` when the process could not be created. */
  readonly pid: number | undefined
  /** Resolves when it can serve, or with the reason why it never will. */
  readonly started: Promise<StartFailure | undefined>
  readonly gone: Promise<void>
  /** `false` as soon as the end of the process is known; {@link Environment.gone} follows. */
  isAlive(): boolean
  /** Thaws it and runs an event, given as JSON. Only when it is started and idle. */
  invoke(requestId: string, event: string): Promise<InvocationResult>
  /** Lets it freeze, unless the next invocation comes within {@link freezeDelay}. */
  rest(): void
  kill(): void
}

/**
 * Milliseconds between an answer and the freeze. Under load the next invocation comes sooner, and the two signals
 * with it, each of which wakes this process to look through all of its children, are saved.
 */
export const freezeDelay = 2

/** Milliseconds that the module may take to load, beside the time-out (Lambda's init phase). */
const initLimit = 10_000

const longestLogLine = 256 * 1024

/** Milliseconds that the pipes of an environment that has ended may stay open: what it has detached may hold them. */
const lastWords = 500

/** Starts an execution environment. Never throws. */
export function startEnvironment(options: EnvironmentOptions): Environment {
  const log = options.onLog === undefined ? 'ignore' : 'pipe'
  const child = spawn(process.execPath, [`--max-old-space-size=${options.memorySize}`, options.file], {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ['ignore', log, log, 'pipe'],
  })
  const { pid } = child
  // Before anything else: a process that could not be created says so here, and has no channel.
  child.on('error', (error) => {
    if (pid !== undefined) return
    fatal = { ...toInvocationError(error), errorType: 'Runtime.StartFailed' }
    settle(null, null)
  })
  if (pid !== undefined) options.reaper.watch(pid)
  const channel = child.stdio?.[3] as Duplex | null | undefined
  const started = Promise.withResolvers<StartFailure | undefined>()
  const gone = Promise.withResolvers<void>()
  let running: { readonly requestId: string; finish(result: InvocationResult): void } | undefined
  let requestId: string | undefined
  let fatal: InvocationError | undefined
  let overdue = false
  let isReady = false
  let isKilled = false
  let isSettled = false
  let frozen = false
  let deadlineTimer = setTimeout(expire, initLimit + options.timeout * 1000)
  let freezeTimer: NodeJS.Timeout | undefined

  /** Signals the environment and whatever the handler has started in it: the sandbox of Lambda holds them all. */
  function signalAll(signal: NodeJS.Signals): boolean {
    if (pid === undefined || process.platform === 'win32') return child.kill(signal)
    try {
      return process.kill(-pid, signal)
    } catch {
      return false
    }
  }

  function expire(): void {
    overdue = true
    signalAll('SIGKILL')
  }

  function freeze(): void {
    if (process.platform !== 'win32') frozen = signalAll('SIGSTOP')
  }

  function finish(result: InvocationResult): void {
    const ended = running
    running = undefined
    ended?.finish(result)
  }

  function onLine(line: string): void {
    const word = readWord(line)
    if (word === undefined) {
      fatal = channelBroken
      signalAll('SIGKILL')
      return
    }
    if (word.kind === 'fatal') {
      fatal = word.document as InvocationError
      return
    }
    clearTimeout(deadlineTimer)
    if (word.kind === 'ready') {
      isReady = true
      started.resolve(undefined)
      return
    }
    const result: InvocationResult =
      word.kind === 'ok'
        ? { ok: true, payload: word.document }
        : failed('error', word.document as InvocationError)
    // What the handler printed before is readable by now, and still belongs to this request.
    setImmediate(finish, result)
  }

  function settle(code: number | null, signal: NodeJS.Signals | null): void {
    if (isSettled) return
    isSettled = true
    clearTimeout(deadlineTimer)
    const endOf = (id: string, kind: 'error' | 'crash') => {
      if (fatal !== undefined) return failed(kind, fatal)
      return overdue ? timedOut(id, options.timeout) : exited(id, code, signal)
    }
    started.resolve((id) => ({ ...endOf(id, 'error'), phase: 'init' }))
    if (running !== undefined) finish(endOf(running.requestId, 'crash'))
    else if (isReady && !isKilled) options.onIdleEnd?.(endOf(requestId ?? '', 'crash'))
    for (const stream of [channel, child.stdout, child.stderr]) stream?.destroy()
    gone.resolve()
  }

  function onGone(code: number | null, signal: NodeJS.Signals | null): void {
    clearTimeout(freezeTimer)
    clearTimeout(deadlineTimer)
    if (pid !== undefined) options.reaper.unwatch(pid)
    // What the handler has started would hold the pipes.
    signalAll('SIGKILL')
    // Its last words are still on their way: they say why it ended.
    const late = setTimeout(settle, lastWords, code, signal)
    child.once('close', () => {
      clearTimeout(late)
      // An answer that came with them is given out by now.
      setImmediate(settle, code, signal)
    })
  }

  child.once('exit', onGone)
  // A write to a process that has just died fails here; its exit tells the rest.
  channel?.on('error', () => undefined)
  channel?.setEncoding('utf8').on('data', lineReader(onLine).write)
  const { onLog } = options
  if (onLog !== undefined) {
    listen(child.stdout, (text) => onLog({ requestId, stream: 'stdout', text }))
    listen(child.stderr, (text) => onLog({ requestId, stream: 'stderr', text }))
  }

  return {
    pid,
    started: started.promise,
    gone: gone.promise,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    invoke(id, event) {
      clearTimeout(freezeTimer)
      requestId = id
      if (frozen) frozen = !signalAll('SIGCONT')
      deadlineTimer = setTimeout(expire, options.timeout * 1000)
      const deadline = Date.now() + options.timeout * 1000
      return new Promise((finish) => {
        running = { requestId: id, finish }
        channel?.write(`${id}\t${deadline}\t${traceId(id)}\t${event}\n`)
      })
    },
    rest() {
      freezeTimer = setTimeout(freeze, freezeDelay)
    },
    kill() {
      isKilled = true
      signalAll('SIGKILL')
    },
  }
}

const kinds = ['ready', 'ok', 'error', 'fatal'] as const

/** A line of the channel; `undefined` for one that the bootstrap did not write. */
function readWord(
  line: string,
): { readonly kind: (typeof kinds)[number]; readonly document: unknown } | undefined {
  const tab = line.indexOf('\t')
  const word = tab === -1 ? line : line.slice(0, tab)
  const kind = kinds.find((known) => known === word)
  if (kind === undefined) return undefined
  try {
    return { kind, document: kind === 'ready' ? undefined : JSON.parse(line.slice(tab + 1)) }
  } catch {
    return undefined
  }
}

function listen(stream: Readable | null, onText: (text: string) => void): void {
  const lines = lineReader(onText, longestLogLine)
  stream?.setEncoding('utf8').on('data', lines.write).on('end', lines.end)
}

function traceId(requestId: string): string {
  const hex = requestId.replaceAll('-', '')
  const time = Math.floor(Date.now() / 1000).toString(16)
  return `Root=1-${time}-${hex.slice(0, 24)};Parent=${hex.slice(16)};Sampled=0`
}
