/**
 * Lambda on this machine: functions with execution environments of their own.
 *
 * @module
 */
export { coldStartLimit } from './cold-starts.ts'
export { startFunction } from './function.ts'
export type {
  EnvironmentInfo,
  FunctionSpec,
  FunctionState,
  FunctionsOptions,
  InvocationError,
  InvocationInfo,
  InvocationResult,
  LambdaFunction,
  LogLine,
} from './types.ts'
