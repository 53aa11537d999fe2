/**
 * API Gateway on this machine: an HTTP API in front of functions.
 *
 * @module
 */
export { startGateway } from './gateway.ts'
export type { Gateway, GatewayProblem } from './types.ts'
