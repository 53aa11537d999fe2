/** What must not be in a log. */
export const secret = 'hunter2'

/** The error that `@middy/http-json-body-parser` throws: its cause has the body, and what `JSON.parse` says of it. */
export function parserError(): Error {
  const cause = { package: '@middy/http-json-body-parser', data: `${secret}!`, message: parseMessage() }
  const error = new Error('Invalid or malformed JSON was provided', { cause })
  return Object.assign(error, { statusCode: 422, status: 422, expose: true })
}

/** V8 quotes the text that it cannot parse. */
function parseMessage(): string {
  try {
    JSON.parse(`${secret}!`)
  } catch (thrown) {
    return (thrown as Error).message
  }
  throw new Error('it parsed')
}

/** Errors that hold a payload, each in another place. */
export const leakyErrors: readonly (readonly [where: string, error: unknown])[] = [
  ['a property', Object.assign(new Error('bad'), { body: secret })],
  ['a cause that is no error', parserError()],
  [
    'a property of its cause',
    new Error('bad', { cause: Object.assign(new Error('worse'), { data: secret }) }),
  ],
  // The first error of the list is told as a cause is: its message, and no property of it.
  [
    'the list of an AggregateError',
    new AggregateError([Object.assign(new Error('worse'), { data: secret }), new Error(secret)], 'bad'),
  ],
  ['the place of an error', { message: secret }],
]
