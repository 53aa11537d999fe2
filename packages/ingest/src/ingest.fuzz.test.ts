import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { defineMessage } from '@spillway/message'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { bodyLimit, enqueue, problemDetails, validate } from './index.ts'
import { invoke, memoryTarget, post } from './testing/http.ts'

const order = defineMessage({
  name: 'order.placed',
  schema: z.object({ id: z.string().min(1).max(64), note: z.json().optional() }),
  key: (body) => body.id,
})

const documented = [202, 400, 413, 415, 422]

const body = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.json(),
  fc.record({ id: fc.string(), note: fc.jsonValue() }).map((value) => JSON.stringify(value)),
  fc.constantFrom('{"__proto__":{"id":"a"}}', '{"constructor":{"prototype":{}}}', '', 'null', '[]', '"'),
)
const contentType = fc.constantFrom(
  'application/json',
  'application/json; charset=utf-8',
  'text/plain',
  'json',
  '',
)

it('gives any body a documented answer, and sends just what it confirms', async () => {
  const to = memoryTarget()
  const logged: unknown[] = []
  const handler = middy()
    .use(problemDetails({ log: (error) => logged.push(error) }))
    .use(bodyLimit({ maxBytes: 2000 }))
    .use(httpJsonBodyParser())
    .use(validate({ body: order }))
    .use(enqueue(order, { to }))
    .handler((event) => event.valid.body)
  let accepted = 0
  await fc.assert(
    fc.asyncProperty(body, contentType, fc.boolean(), async (text, type, isBase64Encoded) => {
      const event = post(isBase64Encoded ? Buffer.from(text).toString('base64') : text, {
        headers: type === '' ? {} : { 'content-type': type },
        isBase64Encoded,
      })
      const { status, body } = await invoke(handler, event)
      expect(documented).toContain(status)
      if (status === 202) {
        accepted++
        expect(JSON.parse(to.sent.at(-1)?.body ?? '').key).toBe((body as { id: string }).id)
      }
      expect(to.sent).toHaveLength(accepted)
      expect(({} as { id?: string }).id).toBeUndefined()
    }),
    { numRuns: 2000 },
  )
  expect(logged).toStrictEqual([])
})
