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
  DatabaseOptions,
  ExampleRequest,
  FunctionOptions,
  QueueOptions,
  Resources,
  Route,
} from './app.ts'
export { checkApp, type Problem } from './check-app.ts'
export { defineApp, findQueue, parseRoute } from './define-app.ts'
