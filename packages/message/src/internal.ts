/**
 * What the packages of Spillway share with one another. Not part of the public API: it may change in any release.
 *
 * @internal
 * @module
 */
export { type Backoff, fullJitter } from './backoff.ts'
export { type Clock, systemClock } from './clock.ts'
export { toIssues } from './issue.ts'
export {
  checkOptions,
  integer,
  isBoolean,
  isFunction,
  nearest,
  nonEmptyString,
  type OptionRule,
  type OptionRules,
  objectWith,
  oneOf,
  required,
} from './options.ts'
export { wireJson } from './wire-json.ts'
