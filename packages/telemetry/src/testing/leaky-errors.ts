/** A payload that must not appear in a log. */
export const secret = 'hunter2'

/** The error that `@middy/http-json-body-parser` throws: its cause holds the body and the message of `JSON.parse`. */
export function parserError(): Error {
  const cause = { package: '@middy/http-json-body-parser', data: `${secret}!`, message: parseMessage() }
  const error = new Error('Invalid or malformed JSON was provided', { cause })
  return Object.assign(error, { statusCode: 422, status: 422, expose: true })
}

/** The message of `JSON.parse`, in which V8 quotes the text. */
function parseMessage(): string {
  try {
    JSON.parse(`${secret}!`)
  } catch (thrown) {
    return (thrown as Error).message
  }
  throw new Error('it parsed')
}

/** Errors that contain a payload, each in a different place. */
export const leakyErrors: readonly (readonly [where: string, error: unknown])[] = [
  ['a property', Object.assign(new Error('bad'), { body: secret })],
  ['a cause that is not an Error', parserError()],
  [
    'a property of its cause',
    new Error('bad', { cause: Object.assign(new Error('worse'), { data: secret }) }),
  ],
  // The first error of the list is logged like a cause: with its message and without its properties.
  [
    'the list of an AggregateError',
    new AggregateError([Object.assign(new Error('worse'), { data: secret }), new Error(secret)], 'bad'),
  ],
  ['the place of an error', { message: secret }],
]
