import { readBootstrapLine, toRequestLine } from './channel.ts'
import { channelBroken, failed } from './failures.ts'
import { toInvocationError } from './invocation-error.ts'
import { createLifecycle, type Lifecycle, type StartFailure } from './lifecycle.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from './sandbox.ts'
import type { InvocationError, InvocationFailure, InvocationResult, LogLine } from './types.ts'

/** What {@link startEnvironment} takes. */
export interface EnvironmentOptions
  extends Pick<SandboxOptions, 'file' | 'cwd' | 'env' | 'memorySize' | 'reaper'> {
  /** Seconds that an invocation may take. */
  readonly timeout: number
  readonly onLog?: ((line: Omit<LogLine, 'function'>) => void) | undefined
  /** Called when it ends unexpectedly while it runs nothing. */
  readonly onIdleEnd?: ((failure: InvocationFailure) => void) | undefined
}

/** One execution environment: a process that runs one invocation at a time and is frozen in between. */
export interface Environment {
  /** `undefined` when the process could not be created. */
  readonly pid: number | undefined
  /** Resolves when it can run invocations, or with the reason why it never will. */
  readonly started: Promise<StartFailure | undefined>
  readonly gone: Promise<void>
  /** `false` as soon as the end of the process is known; {@link Environment.gone} follows. */
  isAlive(): boolean
  /** Thaws it and runs an event, given as JSON. Only when it is started and idle. */
  invoke(requestId: string, event: string): Promise<InvocationResult>
  /** Freezes it, unless the next invocation begins within {@link freezeDelay}. */
  rest(): void
  kill(): void
}

/**
 * Milliseconds between the end of an invocation and the freeze. Under load the next invocation begins sooner, which
 * saves two signals. Each signal makes this process check all of its children.
 */
export const freezeDelay = 2

/** Milliseconds that the module may take to load, in addition to the time-out (Lambda's init phase). */
const initLimit = 10_000

/** Starts an execution environment. Never throws. */
export function startEnvironment(options: EnvironmentOptions): Environment {
  const { onLog } = options
  const timeout = options.timeout * 1000
  const lifecycle = createLifecycle(options.timeout, options.onIdleEnd)
  let deadlineTimer = setTimeout(expire, initLimit + timeout)
  const sandbox = startSandbox({
    ...options,
    onOutput: onLog && ((line) => onLog({ requestId: lifecycle.requestId(), ...line })),
    onLine(text) {
      const effect = applyLine(text, lifecycle)
      if (effect === 'answered') clearTimeout(deadlineTimer)
      if (effect === 'invalid') sandbox.signal('SIGKILL')
    },
    onStartError(error) {
      lifecycle.setFatal({ ...toInvocationError(error), errorType: 'Runtime.StartFailed' })
      end(null, null)
    },
    onExit() {
      freezer.cancel()
      clearTimeout(deadlineTimer)
    },
    onEnd: end,
  })
  const freezer = createFreezer(sandbox)

  function expire(): void {
    lifecycle.setOverdue()
    sandbox.signal('SIGKILL')
  }

  function end(code: number | null, signal: NodeJS.Signals | null): void {
    clearTimeout(deadlineTimer)
    if (lifecycle.end(code, signal)) sandbox.close()
  }

  return {
    pid: sandbox.pid,
    started: lifecycle.started,
    gone: lifecycle.gone,
    isAlive: sandbox.isAlive,
    invoke(id, event) {
      freezer.thaw()
      deadlineTimer = setTimeout(expire, timeout)
      const result = lifecycle.begin(id)
      sandbox.write(toRequestLine(id, Date.now() + timeout, event))
      return result
    },
    rest: freezer.rest,
    kill() {
      lifecycle.setKilled()
      sandbox.signal('SIGKILL')
    },
  }
}

/**
 * Applies a line of the bootstrap; returns whether it is a response, announces the end of the process, or is invalid.
 */
function applyLine(text: string, lifecycle: Lifecycle): 'answered' | 'fatal' | 'invalid' {
  const line = readBootstrapLine(text)
  if (line === undefined) {
    lifecycle.setFatal(channelBroken)
    return 'invalid'
  }
  const { kind, document } = line
  if (kind === 'fatal') {
    lifecycle.setFatal(document as InvocationError)
    return 'fatal'
  }
  if (kind === 'ready') lifecycle.ready()
  else {
    const result: InvocationResult =
      kind === 'ok' ? { ok: true, payload: document } : failed('error', document as InvocationError)
    // Deferred, so that the earlier output of the handler is read first and logged under this request.
    setImmediate(lifecycle.finish, result)
  }
  return 'answered'
}

function createFreezer(sandbox: Sandbox) {
  let isFrozen = false
  let timer: NodeJS.Timeout | undefined

  function freeze(): void {
    if (process.platform !== 'win32') isFrozen = sandbox.signal('SIGSTOP')
  }

  return {
    rest(): void {
      timer = setTimeout(freeze, freezeDelay)
    },
    thaw(): void {
      clearTimeout(timer)
      if (isFrozen) isFrozen = !sandbox.signal('SIGCONT')
    },
    cancel: () => clearTimeout(timer),
  }
}
