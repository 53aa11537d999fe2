import middy from '@middy/core'
import { bulkBodyParser, enqueueMany, problemDetails, validate } from '@spillway/ingest'
import { sqsTarget } from '@spillway/sqs'
import { rowMessage } from '../../handlers/row-message.ts'

/** `POST /rows`: a JSON array of bodies. */
export const handler = middy()
  .use(problemDetails())
  .use(bulkBodyParser())
  .use(validate({ bodies: rowMessage }))
  .use(enqueueMany(rowMessage, { to: sqsTarget({ queueUrl: process.env.QUEUE_URL }) }))
  .handler((event) => event.valid.bodies)
