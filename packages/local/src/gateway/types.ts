import type { InvocationResult } from '../functions/index.ts'

/** A route and the function behind it. */
export interface GatewayRoute {
  /** `GET`, `POST`, …, or `ANY`. */
  readonly method: string
  /** `/orders/{id}`, or `/{proxy+}` for all other paths. */
  readonly path: string
  readonly function: { readonly name: string; invoke(event: unknown): Promise<InvocationResult> }
}

/** Why the gateway replaced the response of a function. */
export interface GatewayProblem {
  readonly function: string
  readonly code: 'response-malformed' | 'integration-timeout' | 'gateway-failed'
  readonly message: string
}

/** What {@link startGateway} takes. */
export interface GatewayOptions {
  /** 0 chooses a free port. */
  readonly port: number
  readonly routes: readonly GatewayRoute[]
  /** The time-out of an invocation in milliseconds. Default 30,000, the maximum of an HTTP API. */
  readonly integrationTimeout?: number
  readonly onProblem?: (problem: GatewayProblem) => void
}

/** A running gateway. */
export interface Gateway {
  readonly port: number
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** Stops accepting connections, waits up to a second for requests in progress, and closes. */
  stop(): Promise<void>
}
