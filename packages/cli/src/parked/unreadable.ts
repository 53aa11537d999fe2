import { SpillwayError, toError } from '@spillway/message'

/**
 * The error of a queue that cannot be read, with what to do about it.
 *
 * @param thrown what the SDK threw
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

/** By the names of errors of the SDK and of SQS ("Common Errors", Amazon SQS API Reference), and of Node. */
const advices: readonly (readonly [RegExp, string])[] = [
  [
    /CredentialsProviderError|Could not load credentials/,
    'The shell has no credentials for AWS: set AWS_PROFILE, or log in, for example with `aws sso login`.',
  ],
  [
    /ExpiredToken|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidAccessKeyId|TokenRefreshRequired/,
    'The credentials of the shell are not valid any more, or are of another place: log in again, or set AWS_PROFILE.',
  ],
  [
    /QueueDoesNotExist|NonExistentQueue/,
    'There is no such queue in this account and region: compare the URL with that of the console.',
  ],
  [/AccessDenied|AccessDeniedException/, 'The credentials of the shell need sqs:GetQueueAttributes on it.'],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH/,
    'Nothing answers at this address: is the region in the URL right, or --endpoint, and is the network there?',
  ],
  [/Region is missing/, 'The region is not in the URL: give --region.'],
]
