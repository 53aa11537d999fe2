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
    const failureOf = (id: string, kind: 'error' | 'crash') => {
      if (fatal !== undefined) return failed(kind, fatal)
      return isOverdue ? timedOut(id, timeout) : exited(id, code, signal)
    }
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
