/**
 * What the packages of Spillway share with one another. Not part of the public API: it may change in any release.
 *
 * @internal
 * @module
 */
export { type Backoff, fullJitter } from './backoff.ts'
export { type Claim, maxClaimBytes, readClaim, toClaimEnvelope } from './claim.ts'
export { type Clock, systemClock } from './clock.ts'
export { isStandardSchema } from './define-message.ts'
export { bodyFingerprint, wireFingerprint } from './fingerprint.ts'
export { inParallel } from './in-parallel.ts'
export { describeError, type ErrorDescription, quietLogger } from './logger.ts'
export { isText } from './message.ts'
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
export { findUnstorable } from './storable.ts'
export { quietTelemetry } from './telemetry.ts'
export { type Validated, validate } from './validate.ts'
