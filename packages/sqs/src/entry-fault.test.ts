import { KmsThrottled, QueueDoesNotExist, RequestThrottled, SQSServiceException } from '@aws-sdk/client-sqs'
import { isThrottled } from '@spillway/message/internal'
import { toRejection } from '@spillway/transport'
import { describe, expect, it } from 'vitest'
import { readAnswer } from './answer.ts'
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
    'has a cause without a text where it may quote the message: %s',
    (name) => {
      const error = Object.assign(answered(name, 400), { message: 'The value hunter2 is wrong' })
      expect(toRejection(error).cause).toMatchObject({ name, message: '' })
      const other = answered('QueueDoesNotExist', 400)
      expect(toRejection(other).cause).toBe(other)
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

describe('what SQS says of a message that it refused', () => {
  const said = (name: string, message: string) => toRejection(Object.assign(answered(name, 400), { message }))

  it.each([
    'One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.',
    'One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes.',
  ])('is that it is too large for good: %s', (message) => {
    const refused = {
      status: 'rejected',
      code: 'SPILLWAY_BODY_TOO_LARGE',
      detail: 'The message is too large: the queue holds at most 1024 bytes.',
      retryable: false,
    }
    expect(said('InvalidParameterValue', message)).toStrictEqual(refused)
    const Failed = [{ Id: '0', Code: 'InvalidParameterValue', SenderFault: true, Message: message }]
    expect(readAnswer([0], { Successful: [], Failed }).results.get(0)).toStrictEqual(refused)
  })

  it.each([
    [
      'InvalidParameterValue',
      'Value ada lovelace for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.',
      'for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.',
    ],
    [
      'InvalidParameterValue',
      'Value x for parameter y is invalid. Reason: ada lovelace for parameter DelaySeconds is invalid. Reason: R.',
      'for parameter DelaySeconds is invalid. Reason: R.',
    ],
    [
      'InvalidParameterValue',
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    ],
    [
      'InvalidParameterValue',
      "Message (user) attribute 'ErrorDetails' must contain a non-empty value of type 'String'.",
      "Message (user) attribute 'ErrorDetails' must contain a non-empty value of type 'String'.",
    ],
    [
      'ValidationException',
      "1 validation error detected: Value 'ada lovelace' at 'partitionKey' failed to satisfy constraint: Member must have length less than or equal to 256",
      "at 'partitionKey' failed to satisfy constraint: Member must have length less than or equal to 256",
    ],
    ['InvalidMessageContents', "Invalid binary character '#xB' was found in the message body", ''],
    [
      'AccessDeniedException',
      'Not authorized to perform: sqs:SendMessage',
      'Not authorized to perform: sqs:SendMessage',
    ],
    ['InvalidClientTokenId', 'The security token is invalid.', 'The security token is invalid.'],
  ])('is in the log, without a value: %s, %s', (name, message, logged) => {
    const { cause } = said(name, message)
    expect(cause).toMatchObject({ name, message: logged })
    const Failed = [{ Id: '0', Code: name, SenderFault: true, Message: message }]
    const [answer] = [...readAnswer([0], { Successful: [], Failed }).results.values()]
    expect(answer).toMatchObject({ status: 'rejected', code: name, cause: { name, message: logged } })
    expect(JSON.stringify([answer, String(cause)])).not.toMatch(/lovelace|#xB/)
  })
})
