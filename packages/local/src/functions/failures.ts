import type { InvocationError, InvocationFailure } from './types.ts'

/** The largest event of a synchronous invocation, in bytes (Lambda, "Lambda quotas"). */
export const requestLimit = 6_291_456

/** Creates a failure. */
export function failed(kind: InvocationFailure['kind'], error: InvocationError): InvocationFailure {
  return { ok: false, kind, error }
}

/** The function ran longer than its time-out. */
export function timedOut(requestId: string, seconds: number): InvocationFailure {
  return failed('timeout', {
    errorType: 'Sandbox.Timedout',
    errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`,
  })
}

/** Lambda's names for signals that end a process. */
const signalNames: Partial<Record<NodeJS.Signals, string>> = {
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGHUP: 'hangup',
  SIGILL: 'illegal instruction',
  SIGINT: 'interrupt',
  SIGKILL: 'killed',
  SIGPIPE: 'broken pipe',
  SIGQUIT: 'quit',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
  SIGTRAP: 'trace/breakpoint trap',
}

/** The process ended in the middle of an invocation or of its start. */
export function exited(
  requestId: string,
  code: number | null,
  signal: NodeJS.Signals | null,
): InvocationFailure {
  const how =
    signal !== null
      ? `exited with error: signal: ${signalNames[signal] ?? signal}`
      : code === 0
        ? 'exited without providing a reason'
        : `exited with error: exit status ${code}`
  return failed('crash', {
    errorType: 'Runtime.ExitError',
    errorMessage: `RequestId: ${requestId} Error: Runtime ${how}`,
  })
}

/** The concurrency is used up. */
export function throttled(name: string, concurrency: number): InvocationFailure {
  return failed('throttle', {
    errorType: 'TooManyRequestsException',
    errorMessage: `Rate Exceeded: ${name} already runs its ${concurrency} concurrent invocations.`,
  })
}

/** The event does not fit into an invocation. */
export function requestTooLarge(bytes: number): InvocationFailure {
  return failed('error', {
    errorType: 'RequestTooLarge',
    errorMessage: `${bytes} byte payload is too large for the RequestResponse invocation type (limit ${requestLimit} bytes)`,
  })
}

/** The handler wrote to the channel between the bootstrap and the environment, so its content cannot be trusted. */
export const channelBroken: InvocationError = {
  errorType: 'Runtime.ExitError',
  errorMessage:
    'The function wrote to file descriptor 3, which belongs to the runtime, and was killed. Write to standard output or standard error.',
}

/** The error type of {@link stopped}. */
export const stoppedType = 'Runtime.Stopped'

/** The function is stopped. A waiting request gets a crash, a new one an error. */
export function stopped(name: string, kind: 'crash' | 'error'): InvocationFailure {
  return failed(kind, { errorType: stoppedType, errorMessage: `The function ${name} is stopped.` })
}
