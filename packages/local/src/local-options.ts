import type { EventSourceProblem } from './event-source/index.ts'
import type { FunctionsOptions } from './functions/index.ts'
import type { GatewayProblem } from './gateway/index.ts'
import type { StreamSourceProblem } from './stream-source/index.ts'

/** A problem of a function, from the gateway or an event source. */
export type LocalProblem =
  | GatewayProblem
  | ({ readonly function: string } & (EventSourceProblem | StreamSourceProblem))

/** What {@link startLocal} takes. */
export interface LocalOptions {
  /** The port of the HTTP gateway; the control server listens on the next one. Default 0: free ports. */
  readonly port?: number
  /** Settings of Postgres that override those of the app. */
  readonly databaseSettings?: Readonly<Record<string, string | number>>
  /** Called with each line that a function writes. */
  readonly onLog?: FunctionsOptions['onLog']
  /** Called at the end of each invocation. */
  readonly onInvocation?: FunctionsOptions['onInvocation']
  /** Called with each problem that a developer should see, for example a response that makes a whole batch fail. */
  readonly onProblem?: (problem: LocalProblem) => void
  /**
   * Called with the text to print about a failed invocation, as CloudWatch would show it, or about a problem. It has
   * one or more lines. The first failure of a kind is printed in full; repetitions are counted.
   */
  readonly onReport?: (text: string) => void
  /** Called with the name of each part that is being started. */
  readonly onProgress?: (step: string) => void
}
