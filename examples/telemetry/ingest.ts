import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { bodyLimit, enqueue, problemDetails, validate } from '@spillway/ingest'
import { kinesisTarget } from '@spillway/kinesis'
import { reading } from './message.ts'

/** `POST /readings`: responds with 202 when the stream has the reading. */
export const handler = middy()
  .use(problemDetails())
  .use(bodyLimit())
  .use(httpJsonBodyParser())
  .use(validate({ body: reading }))
  .use(enqueue(reading, { to: kinesisTarget({ streamName: process.env.STREAM_NAME }) }))
  .handler((event) => event.valid.body)
