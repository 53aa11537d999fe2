/**
 * The app definition, and the checks of its numbers.
 *
 * @module
 */
export type {
  App,
  AppDatabase,
  AppEventSource,
  AppFunction,
  AppOptions,
  AppQueue,
  AppStream,
  AppStreamSource,
  DatabaseOptions,
  DeclaredEnvironment,
  ExampleRequest,
  FunctionOptions,
  OnFailure,
  QueueOptions,
  Resources,
  Route,
  StreamOptions,
} from './app.ts'
export { checkApp, type Problem, warnOfApp } from './check-app.ts'
export { defineApp, parseRoute } from './define-app.ts'
export { findQueue } from './define-queue.ts'
export { findStream } from './define-stream.ts'
