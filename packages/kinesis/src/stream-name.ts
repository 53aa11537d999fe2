import type { OptionRule } from '@spillway/message/internal'

/** The stream of a request: parameters of the SDK. */
export type StreamOf = { readonly StreamName: string } | { readonly StreamARN: string }

/** Amazon Kinesis Data Streams API Reference, CreateStream. */
const namePattern = /^[a-zA-Z0-9_.-]{1,128}$/

const arnPattern = /^arn:aws[^:]*:kinesis:[^:]+:\d{12}:stream\/[a-zA-Z0-9_.-]{1,128}$/

/** Rule for an option that takes the name of a stream. */
export const isStreamName: OptionRule = {
  expected: 'the name of a stream (is its environment variable set?)',
  test: (value) => typeof value === 'string' && namePattern.test(value),
}

/** Rule for an option that takes the ARN of a stream. */
export const isStreamArn: OptionRule = {
  expected: 'the ARN of a stream (is its environment variable set?)',
  test: (value) => typeof value === 'string' && arnPattern.test(value),
}
