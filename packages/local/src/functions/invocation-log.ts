import type { FunctionsOptions, InvocationFailure, InvocationResult } from './types.ts'

/** A request for an invocation. */
export interface Request {
  readonly requestId: string
  /** The event as the caller passed it. */
  readonly event: unknown
  /** The event as JSON, as the environment gets it. */
  readonly json: string
  resolve(result: InvocationResult): void
}

/** Counts since the start; `active` is the number of invocations that run now. */
export interface Counts {
  active: number
  invocations: number
  errors: number
  throttles: number
}

/** Counts the invocations of a function and notifies the listeners of their ends. */
export interface InvocationLog {
  readonly counts: Readonly<Counts>
  /** Counts an invocation that begins. */
  begin(): void
  /** Counts an invocation as no longer active. */
  leave(): void
  /** Ends a request with a result. */
  end(request: Request, result: InvocationResult, durationMs: number): void
  /** Counts an invocation whose environment did not start, and ends its request. */
  endUnstarted(request: Request, failure: InvocationFailure): void
  /** An environment has ended outside of an invocation. */
  environmentEnded(failure: InvocationFailure): void
}

/** Creates the log of the function of this name. */
export function createInvocationLog(
  name: string,
  { onInvocation, onEnvironmentEnd }: Pick<FunctionsOptions, 'onInvocation' | 'onEnvironmentEnd'>,
): InvocationLog {
  const counts: Counts = { active: 0, invocations: 0, errors: 0, throttles: 0 }

  function end(request: Request, result: InvocationResult, durationMs: number): void {
    if (!result.ok && result.kind === 'throttle') counts.throttles += 1
    else if (!result.ok) counts.errors += 1
    request.resolve(result)
    const { requestId, event } = request
    onInvocation?.({ function: name, requestId, event, durationMs, result })
  }

  return {
    counts,
    begin() {
      counts.active += 1
      counts.invocations += 1
    },
    leave() {
      counts.active -= 1
    },
    end,
    endUnstarted(request, failure) {
      counts.invocations += 1
      end(request, failure, 0)
    },
    environmentEnded: (failure) => onEnvironmentEnd?.({ function: name, failure }),
  }
}
