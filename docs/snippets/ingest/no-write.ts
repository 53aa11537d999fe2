import middy from '@middy/core'
import httpCors from '@middy/http-cors'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { bodyLimit, enqueue, problemDetails, validate } from '@spillway/ingest'
import type { Target } from '@spillway/message'
import { order } from './order.ts'

const isPing = (event: unknown) =>
  (event as { source?: unknown } | null)?.source === 'serverless-plugin-warmup'

export const accept = (to: Target) =>
  middy()
    // The value that a `before` returns is the response; the rest of the chain does not run.
    .before(({ event }) => (isPing(event) ? 'warm' : undefined))
    .use(
      httpCors({
        origins: ['https://shop.example'],
        headers: 'Content-Type, Idempotency-Key',
        methods: 'POST',
        exposeHeaders: 'Location, Retry-After',
        // Answers OPTIONS with 204.
        disableBeforePreflightResponse: false,
      }),
    )
    .use(problemDetails())
    .use(bodyLimit())
    .use(httpJsonBodyParser())
    .use(validate({ body: order }))
    .use(enqueue(order, { to }))
    .handler((event) => event.valid.body)
