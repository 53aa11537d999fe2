/**
 * What the packages of Spillway share with one another. Not part of the public API: it may change in any release.
 *
 * @internal
 * @module
 */
export { type Backoff, deliveryBackoff, equalJitter, fullJitter } from './backoff.ts'
export { type Clock, schedule, systemClock } from './clock.ts'
export { envelopeIn } from './decoding/envelope-decoding.ts'
export { checkDecodings } from './decoding/first-of.ts'
export { fieldsOf, notJson, parseJson } from './decoding/json.ts'
export { toKey } from './decoding/key-of.ts'
export { kindOfText } from './decoding/kind-of-text.ts'
export { timeOf } from './decoding/time-of.ts'
export { checkDefinition, isSchema, isStandardSchema } from './define-message.ts'
export { openEnvelope, readMessage } from './envelope.ts'
export { errorsWithin } from './errors-within.ts'
export { bodyFingerprint } from './fingerprint.ts'
export { toPointer, valueAt } from './issue.ts'
export { type KnownMessages, onlyMessage } from './known-messages.ts'
export { describeError, type ErrorDescription, quietLogger } from './logger.ts'
export { isRecordId, isText, keyAndGroup, refusePromise } from './message.ts'
export { nearest } from './nearest.ts'
export { type Opened, openBody } from './open-body.ts'
export {
  checkOptions,
  integer,
  internal,
  isClock,
  isFunction,
  isHttpUrl,
  isRandom,
  listOptions,
  nonEmptyString,
  type OptionRule,
  type OptionRules,
  objectWith,
  oneOf,
  optionInvalid,
  required,
} from './options.ts'
export { isObject } from './plain.ts'
export { isEachRecord } from './ports.ts'
export { isPromise } from './run-schema.ts'
export { standsFor } from './stands-for.ts'
export { isStorable, unstorableCharacter } from './storable.ts'
export { quietTelemetry } from './telemetry.ts'
export { isThrottle, isThrottled } from './throttle.ts'
export { isUnavailableOutcome } from './unavailable.ts'
export { validate } from './validate.ts'
export { unwatch, type Watcher, watched } from './watched.ts'
export { wireJson } from './wire-json.ts'
