/**
 * The switch of an event source mapping of Lambda.
 *
 * @module
 */
export { type LambdaEventSourceOptions, lambdaEventSource } from './lambda-event-source.ts'
