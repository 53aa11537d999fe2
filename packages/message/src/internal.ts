/**
 * What the packages of Spillway share with one another. Not part of the public API: it may change in any release.
 *
 * @internal
 * @module
 */
export { type Backoff, fullJitter } from './backoff.ts'
export { type Clock, systemClock } from './clock.ts'
export {
  checkOptions,
  integer,
  isFunction,
  nearest,
  nonEmptyString,
  type OptionRule,
  type OptionRules,
  objectWith,
  oneOf,
  required,
} from './options.ts'
