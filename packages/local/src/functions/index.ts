/**
 * Lambda on this machine: functions in execution environments.
 *
 * @module
 */
export { coldStartLimit } from './cold-starts.ts'
export { stoppedType } from './failures.ts'
export { startFunctions } from './function.ts'
export type {
  EnvironmentEnd,
  EnvironmentInfo,
  FunctionSpec,
  FunctionState,
  FunctionsOptions,
  InvocationError,
  InvocationFailure,
  InvocationInfo,
  InvocationResult,
  LambdaFunction,
  LogLine,
} from './types.ts'
