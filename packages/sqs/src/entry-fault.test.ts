import { KmsThrottled, QueueDoesNotExist, RequestThrottled, SQSServiceException } from '@aws-sdk/client-sqs'
import { isThrottled, toRejection } from '@spillway/message/internal'
import { describe, expect, it } from 'vitest'
import { isEntryFault } from './entry-fault.ts'

/** An error as the SDK makes it of an answer: unless it knows better, a fault of the client. */
function answered(name: string, httpStatusCode: number, change: object = {}): Error {
  const options = { name, $fault: 'client', $metadata: { httpStatusCode }, message: 'm' } as const
  return Object.assign(new SQSServiceException(options), change)
}

describe('a failed request', () => {
  it.each([
    ['a missing queue', new QueueDoesNotExist({ $metadata: { httpStatusCode: 400 }, message: 'm' })],
    ['a missing permission', answered('AccessDeniedException', 403)],
    ['a wrong parameter', answered('InvalidParameterValue', 400)],
    ['a request too long', answered('BatchRequestTooLong', 400)],
    ['a key that may not be used', answered('KmsAccessDenied', 400)],
    ['an unknown token', answered('InvalidClientTokenId', 403)],
    [
      'an error without a status',
      Object.assign(new Error('m'), { name: 'UnsupportedOperation', $fault: 'client' }),
    ],
  ])('is for good: %s', (_, error) => {
    expect(toRejection(error)).toMatchObject({ status: 'rejected', code: error.name, retryable: false })
    expect(isThrottled(error)).toBe(false)
  })

  it.each([
    ['a queue that is asked too often', new RequestThrottled({ $metadata: {}, message: 'm' })],
    ['a key that is asked too often', new KmsThrottled({ $metadata: {}, message: 'm' })],
    ['a throttle of the front', answered('ThrottlingException', 400)],
    ['a status that says so', answered('Whatever', 429)],
    ['a trait that says so', answered('Whatever', 400, { $retryable: { throttling: true } })],
  ])('is a throttle: %s', (_, error) => {
    expect(toRejection(error)).toMatchObject({ retryable: true })
    expect(isThrottled(error)).toBe(true)
  })

  it.each([
    ['an error of the service', answered('InternalFailure', 500)],
    ['a service that is away', answered('ServiceUnavailable', 503)],
    ['a trait that says so', answered('Whatever', 400, { $retryable: {} })],
    ['a credential that ran out', answered('ExpiredTokenException', 403)],
    ['a clock that is wrong', answered('RequestTimeTooSkewed', 403)],
    ['a signature that is too old', answered('InvalidSignatureException', 403)],
    ['a request that was too slow', answered('RequestTimeout', 400)],
    ['the same by its status', answered('Whatever', 408)],
    ['an answer of something else', answered('Unknown', 301)],
    ['no credentials yet', Object.assign(new Error('m'), { name: 'CredentialsProviderError' })],
    [
      'an answer that is no JSON',
      Object.assign(new SyntaxError('m'), { $metadata: { httpStatusCode: 200 } }),
    ],
    ['a time-out', Object.assign(new Error('m'), { name: 'TimeoutError' })],
  ])('may pass: %s', (_, error) => {
    expect(toRejection(error)).toMatchObject({ code: error.name, retryable: true })
    expect(isThrottled(error)).toBe(false)
  })

  it('has the code of the network, and the text of the error in its cause alone', () => {
    const cause = Object.assign(new Error('secret'), { code: 'ECONNRESET' })
    expect(toRejection(cause)).toStrictEqual({
      status: 'rejected',
      code: 'ECONNRESET',
      detail: 'The message was not confirmed: ECONNRESET.',
      retryable: true,
      cause,
    })
  })

  it.each(['InvalidParameterValue', 'InvalidMessageContents', 'ValidationException'])(
    'has no cause where its text may quote the message: %s',
    (name) => {
      expect(toRejection(answered(name, 400))).not.toHaveProperty('cause')
      expect(toRejection(answered('QueueDoesNotExist', 400))).toHaveProperty(
        'cause.name',
        'QueueDoesNotExist',
      )
    },
  )

  it('may be whatever was thrown', () => {
    expect(toRejection(undefined)).toMatchObject({ code: 'Error', retryable: true })
  })
})

describe('a request that failed for one of its entries', () => {
  it.each([
    'BatchRequestTooLong',
    'InvalidMessageContents',
    'InvalidParameterValue',
    'InvalidParameterValueException',
    'MissingParameter',
    'MissingRequiredParameterException',
    'UnsupportedOperation',
  ])('is known by its name: %s', (name) => {
    expect(isEntryFault(answered(name, 400))).toBe(true)
  })

  it.each(['QueueDoesNotExist', 'AccessDeniedException', 'ThrottlingException', 'Exception'])(
    'is not %s',
    (name) => {
      expect(isEntryFault(answered(name, 400))).toBe(false)
    },
  )
})
