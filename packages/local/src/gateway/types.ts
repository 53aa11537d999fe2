import type { InvocationResult } from '../functions/index.ts'

/** A route and the function behind it. */
export interface GatewayRoute {
  /** `GET`, `POST`, …, or `ANY`. */
  readonly method: string
  /** `/orders/{id}`, or `/{proxy+}` for the rest. */
  readonly path: string
  readonly function: { readonly name: string; invoke(event: unknown): Promise<InvocationResult> }
}

/** Why the gateway did not answer with what a function returned. */
export interface GatewayProblem {
  readonly function: string
  readonly code: 'response-malformed' | 'integration-timeout' | 'gateway-failed'
  readonly message: string
}

/** What {@link startGateway} takes. */
export interface GatewayOptions {
  /** 0 takes a free one. */
  readonly port: number
  readonly routes: readonly GatewayRoute[]
  /** Milliseconds that a function may take. Default 30,000, which is the most that an HTTP API allows. */
  readonly integrationTimeout?: number
  readonly onProblem?: (problem: GatewayProblem) => void
}

/** A running gateway. */
export interface Gateway {
  readonly port: number
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** Takes no more connections, waits up to a second for the requests that run, and closes. */
  stop(): Promise<void>
}
