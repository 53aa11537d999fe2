import middy from '@middy/core'
import { bodyLimit, bulkBodyParser, enqueueMany, problemDetails, validate } from '@spillway/ingest'
import { kinesisTarget } from '@spillway/kinesis'
import { order } from './message.ts'

export const handler = middy()
  .use(problemDetails())
  .use(bodyLimit({ maxBytes: 5_000_000 }))
  .use(bulkBodyParser())
  .use(validate({ bodies: order, maxItems: 1000 }))
  .use(enqueueMany(order, { to: kinesisTarget({ streamName: process.env.STREAM_NAME }) }))
  .handler((event) => event.valid.bodies)
