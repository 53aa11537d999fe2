import { exited, failed, timedOut } from './failures.ts'
import type { InvocationError, InvocationFailure, InvocationResult } from './types.ts'

/** Why an environment did not start, as the failure of the invocation with this id. */
export type StartFailure = (requestId: string) => InvocationFailure

/** What an environment has done and why it ended. */
export interface Lifecycle {
  /** Resolves when the environment can run invocations, or with the reason why it never will. */
  readonly started: Promise<StartFailure | undefined>
  readonly gone: Promise<void>
  /** The id of the invocation that runs, or that ran last. */
  requestId(): string | undefined
  ready(): void
  /** Begins an invocation and resolves with its result. */
  begin(requestId: string): Promise<InvocationResult>
  finish(result: InvocationResult): void
  /** Records why the process will end. */
  setFatal(error: InvocationError): void
  /** Records that the process is killed because it ran too long. */
  setOverdue(): void
  /** Records that the process is killed on purpose. */
  setKilled(): void
  /** Ends the start or invocation in progress; later calls do nothing. Returns whether it was the first call. */
  end(code: number | null, signal: NodeJS.Signals | null): boolean
}

/** Creates the lifecycle of an environment. `timeout` is the time-out of an invocation in seconds. */
export function createLifecycle(
  timeout: number,
  onIdleEnd: ((failure: InvocationFailure) => void) | undefined,
): Lifecycle {
  const started = Promise.withResolvers<StartFailure | undefined>()
  const gone = Promise.withResolvers<void>()
  let running: { readonly requestId: string; finish(result: InvocationResult): void } | undefined
  let lastId: string | undefined
  let fatal: InvocationError | undefined
  let isOverdue = false
  let isReady = false
  let isKilled = false
  let isEnded = false

  function finish(result: InvocationResult): void {
    const ended = running
    running = undefined
    ended?.finish(result)
  }

  function end(code: number | null, signal: NodeJS.Signals | null): boolean {
    if (isEnded) return false
    isEnded = true
    const failureOf = createFailure({ fatal, timeout: isOverdue ? timeout : undefined, code, signal })
    started.resolve((id) => ({ ...failureOf(id, 'error'), phase: 'init' }))
    if (running !== undefined) finish(failureOf(running.requestId, 'crash'))
    else if (isReady && !isKilled) onIdleEnd?.(failureOf(lastId ?? '', 'crash'))
    gone.resolve()
    return true
  }

  return {
    started: started.promise,
    gone: gone.promise,
    requestId: () => lastId,
    ready() {
      isReady = true
      started.resolve(undefined)
    },
    begin(requestId) {
      lastId = requestId
      return new Promise((resolve) => {
        running = { requestId, finish: resolve }
      })
    },
    finish,
    setFatal(error) {
      fatal = error
    },
    setOverdue() {
      isOverdue = true
    },
    setKilled() {
      isKilled = true
    },
    end,
  }
}

interface ProcessEnd {
  /** Known when the process reported it, or could not be created. */
  readonly fatal: InvocationError | undefined
  /** Seconds, when it ran longer and was killed. */
  readonly timeout: number | undefined
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** Creates the failure of an invocation, or of a start, from the end of its process. */
function createFailure({ fatal, timeout, code, signal }: ProcessEnd) {
  return (id: string, kind: 'error' | 'crash'): InvocationFailure => {
    if (fatal !== undefined) return failed(kind, fatal)
    return timeout === undefined ? exited(id, code, signal) : timedOut(id, timeout)
  }
}
