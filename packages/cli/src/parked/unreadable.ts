import { SpillwayError, toError } from '@spillway/message'

/**
 * The error for a queue that cannot be read, with advice.
 *
 * @param thrown the error of the SDK
 */
export function unreadable(url: string, thrown: unknown): SpillwayError {
  const cause = toError(thrown)
  const { name, message } = cause
  const what = name === 'Error' ? message : `${name}: ${message}`
  return new SpillwayError(
    'SPILLWAY_START_FAILED',
    `The queue ${url} cannot be read (${what}). ${adviceOf(name, message)}`,
    { cause },
  )
}

function adviceOf(name: string, message: string): string {
  const advice = advices.find(([pattern]) => pattern.test(`${name} ${message}`))
  return (
    advice?.[1] ?? 'Do the credentials of the shell allow sqs:GetQueueAttributes, and is the region right?'
  )
}

/** Advice by the name or message of an error of the SDK, SQS (Amazon SQS API Reference, "Common Errors") or Node. */
const advices: readonly (readonly [RegExp, string])[] = [
  [
    /CredentialsProviderError|Could not load credentials/,
    'The shell has no credentials for AWS: set AWS_PROFILE, or log in, for example with `aws sso login`.',
  ],
  [
    /ExpiredToken|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidAccessKeyId|TokenRefreshRequired/,
    'The credentials of the shell have expired, or belong to another account: log in again, or set AWS_PROFILE.',
  ],
  [
    /QueueDoesNotExist|NonExistentQueue/,
    'There is no such queue in this account and region: compare the URL with the one in the console.',
  ],
  [
    /AccessDenied|AccessDeniedException/,
    'The credentials of the shell need sqs:GetQueueAttributes for this queue.',
  ],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH/,
    'Nothing answers at this address: check the region in the URL, --endpoint and the network.',
  ],
  [/Region is missing/, 'The region is not in the URL: give --region.'],
]
