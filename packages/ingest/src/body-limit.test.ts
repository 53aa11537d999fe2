import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { describe, expect, it } from 'vitest'
import { type BodyLimitOptions, bodyLimit, type HttpEvent, problemDetails } from './index.ts'
import { memoryLogger, post } from './testing/http.ts'
import { albEvent, functionUrlEvent, httpApiEvent, invoke, restApiEvent } from './testing.ts'

/** Answers with the body as the parser behind the limit read it. */
function echo(options: BodyLimitOptions) {
  return middy()
    .use(problemDetails({ logger: memoryLogger() }))
    .use(bodyLimit(options))
    .use(httpJsonBodyParser())
    .handler((event: HttpEvent) => ({ statusCode: 200, headers: {}, body: JSON.stringify(event.body) }))
}

const nest = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

describe('size', () => {
  it.each([
    ['text', '"äää"', 8],
    ['base64', Buffer.from('"äää"'), 8],
  ])('counts bytes before base64: %s', async (_, body, bytes) => {
    expect((await invoke(echo({ maxBytes: bytes }), httpApiEvent({ body }))).status).toBe(200)
    expect(await invoke(echo({ maxBytes: bytes - 1 }), httpApiEvent({ body }))).toMatchObject({
      status: 413,
      body: { code: 'SPILLWAY_BODY_TOO_LARGE', detail: 'The body is larger than 7 bytes.' },
    })
  })

  it('is 128 KiB where nothing else is said', async () => {
    const text = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2))
    expect((await invoke(echo({}), httpApiEvent({ body: text(131_072) }))).status).toBe(200)
    expect(await invoke(echo({}), httpApiEvent({ body: text(131_073) }))).toMatchObject({
      status: 413,
      body: { detail: 'The body is larger than 131072 bytes.' },
    })
  })
})

describe('depth', () => {
  it.each(['text', 'bytes'])('is measured before a parser sees the body: %s', async (kind) => {
    const body = (depth: number) => (kind === 'text' ? nest(depth) : Buffer.from(nest(depth)))
    expect((await invoke(echo({ maxDepth: 5 }), post(body(5)))).status).toBe(200)
    expect(await invoke(echo({ maxDepth: 5 }), httpApiEvent({ body: body(6) }))).toMatchObject({
      status: 400,
      body: { code: 'SPILLWAY_BODY_TOO_DEEP', detail: 'The body nests deeper than 5 levels.' },
    })
  })

  it('refuses by default what would overflow the stack of a parser', async () => {
    expect((await invoke(echo({}), post(nest(60_000)))).status).toBe(400)
  })

  it('counts no bracket that is text', async () => {
    const body = JSON.stringify({ a: '[[[[{{{{\\"[[[' })
    expect(await invoke(echo({ maxDepth: 1 }), post(body))).toMatchObject({
      status: 200,
      body: JSON.parse(body),
    })
  })

  it('is that of a line in NDJSON', async () => {
    const headers = { 'content-type': 'application/x-ndjson' }
    const answer = (lines: string[]) =>
      middy()
        .use(problemDetails())
        .use(bodyLimit({ maxDepth: 2 }))
        .handler(() => ({ statusCode: 200, headers: {}, body: '1' }))(
        post(lines.join('\n'), { headers }) as never,
        {} as never,
      )
    expect(await answer(['[[1]]', '{"a', '[[2]]', '[[', '[[3]]'])).toMatchObject({ statusCode: 200 })
    // A string that is left open in one line hides nothing in the next.
    expect(await answer(['"', '[[[3]]]'])).toMatchObject({ statusCode: 400 })
    expect(await answer(['"\\', '[[[3]]]'])).toMatchObject({ statusCode: 400 })
  })
})

it('refuses bytes that are no UTF-8: decoders make one character of them all', async () => {
  const body = Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])
  expect(await invoke(echo({}), httpApiEvent({ body }))).toMatchObject({
    status: 400,
    body: { code: 'SPILLWAY_BODY_MALFORMED', detail: 'The body is not UTF-8.' },
  })
})

describe('a content encoding', () => {
  it('is refused: nothing inflates', async () => {
    const headers = { 'content-type': 'application/json', 'Content-Encoding': 'gzip' }
    const answer = await invoke(echo({}), restApiEvent({ body: Buffer.from([31, 139, 8]), headers }))
    expect(answer).toMatchObject({ status: 415, body: { code: 'SPILLWAY_MEDIA_TYPE_UNSUPPORTED' } })
    expect(answer.headers['accept-encoding']).toBe('identity')
  })

  it('may be identity', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'identity' }
    expect((await invoke(echo({}), httpApiEvent({ body: {}, headers }))).status).toBe(200)
  })
})

it.each([
  ['HTTP API', httpApiEvent],
  ['Function URL', functionUrlEvent],
  ['REST API', restApiEvent],
  ['ALB', albEvent],
  ['ALB with multi-value headers', (request: object) => albEvent(request, { multiValueHeaders: true })],
])('shows the parser the content type of the event of an %s, in any case', async (_, toEvent) => {
  for (const name of ['content-type', 'Content-Type', 'CONTENT-TYPE']) {
    const event = toEvent({ body: { a: 1 }, headers: { [name]: 'application/json' } })
    expect(await invoke(echo({}), event)).toMatchObject({ status: 200, body: { a: 1 } })
  }
})

it('says that it came too late, rather than limit nothing', async () => {
  const logger = memoryLogger()
  const handler = middy()
    .use(problemDetails({ logger }))
    .use(httpJsonBodyParser())
    .use(bodyLimit({ maxBytes: 10 }))
    .handler(() => ({ statusCode: 200 }))
  expect((await invoke(handler, post({ a: 'x'.repeat(80) }))).status).toBe(500)
  expect(String(logger.lines[0]?.[2].error)).toContain('Put bodyLimit() before the body parser.')
})

it('names a typo', () => {
  // @ts-expect-error the option is wrong on purpose
  expect(() => bodyLimit({ maxByte: 1 })).toThrow(
    'bodyLimit has no option `maxByte`. Its options are maxBytes, maxDepth.',
  )
})
