/** A Lambda function as the local runtime runs it. */
export interface FunctionSpec {
  readonly name: string
  /** Absolute path of the module that exports the handler, TypeScript or JavaScript. */
  readonly entry: string
  /** The name of the export. */
  readonly handler: string
  /** Seconds. */
  readonly timeout: number
  /** MB. Shown to the function; not enforced. */
  readonly memorySize: number
  /** The function's own variables. They win over those that the runtime sets. */
  readonly environment: Readonly<Record<string, string>>
  /**
   * The most invocations at once; more are throttled. Default 10,000 rather than the 1,000 of an account: the cores of
   * one machine make a queue of what a thousand environments on Lambda would have worked off.
   */
  readonly reservedConcurrency?: number | undefined
}

/** Why an invocation failed, in the words of Lambda's error document. */
export interface InvocationError {
  /** The error's name, or one of Lambda's: `Sandbox.Timedout`, `Runtime.ExitError`, … */
  readonly errorType: string
  readonly errorMessage: string
  /** The error's `code` (a SQLSTATE, for example), or that of its nearest cause with one. */
  readonly code?: string
  /** The lines of the stack. */
  readonly trace?: readonly string[]
  /** What it was caused by: the chain of `cause`, and what an `AggregateError` holds. The nearest comes first. */
  readonly causes?: readonly Omit<InvocationError, 'causes'>[]
}

/** An invocation that the function did not answer. */
export interface InvocationFailure {
  readonly ok: false
  /**
   * `error`: the handler threw, its module did not load, or a payload is too large. `timeout`: it ran too long and
   * was killed. `crash`: its process ended. `throttle`: it was not started, because the concurrency is used up.
   */
  readonly kind: 'error' | 'timeout' | 'crash' | 'throttle'
  /** `init`: the environment failed before it could take an event, for example because its module threw. */
  readonly phase?: 'init'
  readonly error: InvocationError
}

/** The end of an invocation: `payload` is what the handler returned, through JSON (`undefined` becomes `null`). */
export type InvocationResult = { readonly ok: true; readonly payload: unknown } | InvocationFailure

/** Figures of a function, as CloudWatch shows them. */
export interface FunctionState {
  /** Execution environments that exist: starting, idle or busy. */
  readonly environments: number
  /** Invocations that run now. */
  readonly active: number
  /** Invocations that were given to an environment, or whose environment did not start. */
  readonly invocations: number
  /** Invocations that failed for any reason but a throttle. */
  readonly errors: number
  readonly throttles: number
}

/** One execution environment. */
export interface EnvironmentInfo {
  readonly pid: number
  /** An idle environment is frozen. */
  readonly state: 'starting' | 'idle' | 'busy'
}

/** A running function. */
export interface LambdaFunction {
  readonly name: string
  /** Seconds. */
  readonly timeout: number
  /** Invokes synchronously (`RequestResponse`). Never rejects. */
  invoke(event: unknown): Promise<InvocationResult>
  state(): FunctionState
  environments(): readonly EnvironmentInfo[]
  /** Kills every environment and resolves once they are gone. What runs or waits ends as a crash. */
  stop(): Promise<void>
}

/** A line that a function wrote. */
export interface LogLine {
  readonly function: string
  /** `undefined` for what is written before the first invocation. */
  readonly requestId: string | undefined
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
}

/** The end of an invocation. */
export interface InvocationInfo {
  readonly function: string
  readonly requestId: string
  /** What the function was invoked with. It holds the data of users: take ids from it, and print no more. */
  readonly event: unknown
  /** From the hand-over to the environment to its answer, without the wait before. 0 for one that never ran. */
  readonly durationMs: number
  readonly result: InvocationResult
}

/** The end of an environment that no invocation has seen. */
export interface EnvironmentEnd {
  readonly function: string
  readonly failure: InvocationFailure
}

/** What {@link startFunction} needs beside the function itself. */
export interface FunctionsOptions {
  /** Kills the processes that it watches when this process dies, even by SIGKILL. */
  readonly reaper: { watch(pid: number): void; unwatch(pid: number): void }
  /** The folder for bundles and the compile cache; the caller removes it. */
  readonly bundleFolder: string
  /** Default `us-east-1`. */
  readonly region?: string
  /** Gets each line that a function writes. Default: the lines are dropped. */
  readonly onLog?: (line: LogLine) => void
  /** Called at the end of each invocation, a throttled one included. */
  readonly onInvocation?: (info: InvocationInfo) => void
  /** Called when an environment ends by itself between invocations, or fails to start while no invocation waits for it. */
  readonly onEnvironmentEnd?: (info: EnvironmentEnd) => void
}
