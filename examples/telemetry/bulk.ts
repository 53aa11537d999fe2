import middy from '@middy/core'
import { bodyLimit, bulkBodyParser, enqueueMany, problemDetails, validate } from '@spillway/ingest'
import { kinesisTarget } from '@spillway/kinesis'
import { reading } from './message.ts'

/** `POST /readings/bulk`: a JSON array or NDJSON from a gateway. An invalid reading does not affect the others. */
export const handler = middy()
  .use(problemDetails())
  .use(bodyLimit({ maxBytes: 5_000_000 }))
  .use(bulkBodyParser())
  .use(validate({ bodies: reading }))
  .use(enqueueMany(reading, { to: kinesisTarget({ streamName: process.env.STREAM_NAME }) }))
  .handler((event) => event.valid.bodies)
