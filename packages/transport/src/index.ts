/**
 * What every transport needs: packs and their retries, the claim check, parking, the answer to Lambda, the deadline and
 * the semaphore. For authors of transports; apps import from `@spillway/sqs` or `@spillway/kinesis`.
 *
 * @module
 */
export { answerHooks, type BatchAnswer, noteSource } from './answer/answer-middleware.ts'
export type { Failure } from './answer/failed-places.ts'
export { markSettled, type Settled } from './answer/settled.ts'
export { type Claim, maxClaimBytes, readClaim, toClaimEnvelope } from './claim/claim.ts'
export { type ClaimChecking, type ClaimCheckOptions, claimCheck } from './claim/claim-check.ts'
export { type ClaimLoader, type ClaimSourceOptions, createClaimLoader } from './claim/load-claim.ts'
export { deliveries } from './deliveries.ts'
export { inParallel } from './in-parallel.ts'
export { isMessageId } from './parking/message-id.ts'
export {
  findParked,
  type ParkedKeeper,
  type Parking,
  parkOnce,
  type Redelivery,
} from './parking/park-once.ts'
export {
  attributeBytes,
  issuesText,
  maxAttributes,
  reasonAttributes,
  toAttributeText,
  toStringAttributes,
} from './parking/parked-attributes.ts'
export { putCopy } from './parking/put-copy.ts'
export {
  type CopyFact,
  type CopyFacts,
  fitCopy,
  maxQueueBytes,
  messageBytes,
  type NamedAttribute,
  requireMessageId,
  type SentCopy,
} from './parking/queue-copy.ts'
export { isSendable } from './parking/text.ts'
export { foreignEvent, incompleteRecord, recordsOf, type SourceKind } from './records-of.ts'
export { type Outgoing, type PackedMessage, rejectIfTooLarge } from './sending/outgoing.ts'
export { hasRoom, type PackLimits, pack } from './sending/pack.ts'
export {
  noTimeLeft,
  notConfirmed,
  type Rejected,
  readTooLarge,
  refuse,
  toCause,
  toRejection,
} from './sending/rejection.ts'
export { type PackSender, type PackWatcher, type Part, type Sent, sendPack } from './sending/send-pack.ts'
export { rawOf, sourceRecord } from './source-record.ts'
export {
  createDeadline,
  type Deadline,
  type DeadlineOptions,
  earlySignal,
  guardMs,
  type OuterLimit,
  within,
  workingTime,
} from './time/deadline.ts'
export { createSemaphore, type Semaphore } from './time/semaphore.ts'
export { withFacts } from './with-facts.ts'
