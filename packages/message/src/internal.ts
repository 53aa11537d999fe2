/**
 * What the packages of Spillway share with one another. Not part of the public API: it may change in any release.
 *
 * @internal
 * @module
 */
export { type Backoff, deliveryBackoff, equalJitter, fullJitter, leastSpread } from './backoff.ts'
export { type Clock, schedule, systemClock } from './clock.ts'
export { envelopeIn } from './decoding/envelope-decoding.ts'
export { checkDecodings } from './decoding/first-of.ts'
export { fieldsOf, notJson, parseJson } from './decoding/json.ts'
export { toKey } from './decoding/key-of.ts'
export { kindOfText } from './decoding/kind-of-text.ts'
export { timeOf } from './decoding/time-of.ts'
export { withFacts } from './decoding/with-facts.ts'
export { checkDefinition, isSchema, isStandardSchema } from './define-message.ts'
export { openEnvelope, readMessage } from './envelope.ts'
export { errorsWithin, type Thrown } from './errors-within.ts'
export { bodyFingerprint, wireFingerprint } from './fingerprint.ts'
export { readIdentity } from './identity.ts'
export { toPointer, valueAt } from './issue.ts'
export { type KnownMessages, onlyMessage } from './known-messages.ts'
export { describeError, type ErrorDescription, quietLogger } from './logger.ts'
export { findLost } from './lost-value.ts'
export { isRecordId, isText, keyAndGroup, refusePromise } from './message.ts'
export { type Opened, openBody } from './open-body.ts'
export {
  checkOptions,
  integer,
  isFunction,
  isHttpUrl,
  nearest,
  nonEmptyString,
  type OptionRule,
  type OptionRules,
  objectWith,
  oneOf,
  optionInvalid,
  required,
} from './options.ts'
export { isObject, isPlainContainer } from './plain.ts'
export { isEachRecord } from './ports.ts'
export { isPromise } from './run-schema.ts'
export { rawOf, sourceRecord } from './source-record.ts'
export { standsFor } from './stands-for.ts'
export { findUnstorable, type IsExact, inspectBody } from './storable.ts'
export { quietTelemetry } from './telemetry.ts'
export { isThrottle, isThrottled } from './throttle.ts'
export { isUnavailableOutcome } from './unavailable.ts'
export { type Validated, validate } from './validate.ts'
export { unwatch, type Watcher, watched } from './watched.ts'
export { wireJson } from './wire-json.ts'
