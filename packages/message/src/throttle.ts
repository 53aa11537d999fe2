/** The parts of an SDK error that are read (`SdkError` of `@smithy/types`). */
interface SdkError {
  readonly name?: unknown
  readonly $retryable?: { readonly throttling?: boolean }
  readonly $metadata?: { readonly httpStatusCode?: number | undefined }
}

/**
 * "Error retries" of the AWS SDKs and Tools Reference Guide; KmsThrottled of the Amazon SQS API Reference;
 * KMSThrottlingException of the Kinesis Data Streams API Reference.
 */
const throttles: ReadonlySet<unknown> = new Set([
  'KMSThrottlingException',
  'KmsThrottled',
  'LimitExceededException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
])

/** Whether the code of an entry or of an error means throttling. */
export function isThrottle(code: unknown): boolean {
  return throttles.has(code)
}

/** Whether a request was throttled, by the service or by KMS for its key. */
export function isThrottled(thrown: unknown): boolean {
  const { name, $retryable, $metadata } = Object(thrown) as SdkError
  return isThrottle(name) || $retryable?.throttling === true || $metadata?.httpStatusCode === 429
}
