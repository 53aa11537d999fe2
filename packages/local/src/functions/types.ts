/** A Lambda function as the local runtime runs it. */
export interface FunctionSpec {
  readonly name: string
  /** Absolute path of the module that exports the handler, TypeScript or JavaScript. */
  readonly entry: string
  /** The name of the export. */
  readonly handler: string
  /** Seconds. */
  readonly timeout: number
  /** In MB. The function sees the value; it is the limit of the JavaScript heap. */
  readonly memorySize: number
  /** The function's own variables. They override those of the runtime. */
  readonly environment: Readonly<Record<string, string>>
  /**
   * The most concurrent invocations; more are throttled. Default 10,000 instead of the 1,000 of an account, because
   * requests queue up on the cores of one machine where Lambda would run a thousand environments.
   */
  readonly reservedConcurrency?: number | undefined
}

/** Why an invocation failed, in the words of Lambda's error document. */
export interface InvocationError {
  /** The error's name, or one of Lambda's: `Sandbox.Timedout`, `Runtime.ExitError`, … */
  readonly errorType: string
  readonly errorMessage: string
  /** The error's `code` (a SQLSTATE, for example), or the code of its nearest cause that has one. */
  readonly code?: string
  /** The lines of the stack. */
  readonly trace?: readonly string[]
  /** Its causes: the chain of `cause` and the errors of an `AggregateError`, the nearest first. */
  readonly causes?: readonly Omit<InvocationError, 'causes'>[]
}

/** A failed invocation. */
export interface InvocationFailure {
  readonly ok: false
  /**
   * `error`: the handler threw, its module did not load, or a payload is too large. `timeout`: it ran too long and was
   * killed. `crash`: its process ended. `throttle`: it was not started, because the concurrency limit was reached.
   */
  readonly kind: 'error' | 'timeout' | 'crash' | 'throttle'
  /** `init`: the environment failed before it could take an event, for example because its module threw. */
  readonly phase?: 'init'
  readonly error: InvocationError
}

/**
 * The result of an invocation. `payload` is the return value of the handler, converted to JSON and back (`undefined`
 * becomes `null`).
 */
export type InvocationResult = { readonly ok: true; readonly payload: unknown } | InvocationFailure

/** Metrics of a function, as in CloudWatch. */
export interface FunctionState {
  /** Execution environments that exist: starting, idle or busy. */
  readonly environments: number
  /** Invocations in progress. */
  readonly active: number
  /** Invocations that were started, and those whose environment did not start. */
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
  /**
   * Starts environments until the function has `count` of them, as provisioned concurrency does, and resolves once they
   * are ready. It starts no more than the function's reserved concurrency.
   *
   * @throws SpillwayError `SPILLWAY_START_FAILED` when an environment does not start.
   */
  provision(count: number): Promise<void>
  state(): FunctionState
  environments(): readonly EnvironmentInfo[]
  /** Kills every environment and resolves once they are gone. Running and waiting invocations end as a crash. */
  stop(): Promise<void>
}

/** A line that a function wrote. */
export interface LogLine {
  readonly function: string
  /** `undefined` for a line that is written before the first invocation. */
  readonly requestId: string | undefined
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
}

/** The end of an invocation. */
export interface InvocationInfo {
  readonly function: string
  readonly requestId: string
  /** The event of the invocation. It contains user data, so print nothing but ids from it. */
  readonly event: unknown
  /** From the start of the invocation to its result, without the wait for an environment. 0 if it never ran. */
  readonly durationMs: number
  readonly result: InvocationResult
}

/** The end of an environment outside of an invocation. */
export interface EnvironmentEnd {
  readonly function: string
  readonly failure: InvocationFailure
}

/** What {@link startFunctions} takes in addition to the functions. */
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
  /**
   * Called when an environment ends unexpectedly between invocations, or fails to start while no invocation waits for
   * it.
   */
  readonly onEnvironmentEnd?: (info: EnvironmentEnd) => void
}
