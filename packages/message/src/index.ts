/**
 * One definition of a message, shared by the side that accepts it and the side that writes it.
 *
 * @module
 */
export type { StandardSchemaV1 } from '@standard-schema/spec'
export { cloudEvent } from './decoding/cloud-event.ts'
export {
  type Acknowledgement,
  acknowledge,
  type DecodedText,
  type Decoding,
  type DecodingResult,
  isDecoded,
  type NotMine,
  notMine,
  type Refusal,
  refuse,
} from './decoding/decoding.ts'
export { base64, type GzippedOptions, gzipped } from './decoding/encoded.ts'
export { envelope } from './decoding/envelope-decoding.ts'
export { firstOf } from './decoding/first-of.ts'
export { named } from './decoding/named.ts'
export { type PlainBody, type PlainJsonOptions, plainJson } from './decoding/plain-json.ts'
export {
  defineMessage,
  type MessageBody,
  type MessageDefinition,
  type MessageInput,
  type MessageOptions,
  type Upcasts,
} from './define-message.ts'
export {
  type Decoded,
  decodeMessage,
  type Envelope,
  encodeMessage,
  envelopeVersion,
  validateBody,
} from './envelope.ts'
export { type ErrorCode, errorCodes, SpillwayError, toError } from './error.ts'
export type { Issue } from './issue.ts'
export { consoleLogger, type LogFields, type Logger } from './logger.ts'
export { createMessage, type Message, type MessageFacts } from './message.ts'
export {
  type DoneOutcome,
  done,
  isOutcome,
  type Outcome,
  type ParkOutcome,
  type ParkReason,
  park,
  type RetryOutcome,
  retry,
} from './outcome.ts'
export type {
  ClaimStore,
  EachRecord,
  EncodedMessage,
  MessageIdentity,
  MessageRecord,
  MessageStatus,
  ParkDecision,
  ParkedEntry,
  ParkedMessage,
  ParkedStore,
  RecordHandler,
  RecordSource,
  SendResult,
  SourceRecord,
  StatusSource,
  Target,
  TimeLimit,
  Writer,
} from './ports.ts'
export {
  type CounterName,
  counters,
  type DurationName,
  durations,
  type Telemetry,
  type TelemetryAttributes,
} from './telemetry.ts'
export { isUnavailable } from './unavailable.ts'
