import { defineMessage } from '@spillway/message'
import * as z from 'zod'

export const order = defineMessage({
  name: 'order.placed',
  schema: z.object({ id: z.string(), customer: z.string() }),
  key: (body) => body.id,
})

/** What S3 says of an object. It has the key of the decoding. */
export const upload = defineMessage({
  name: 'upload',
  schema: z.object({
    Records: z.array(z.object({ s3: z.object({ object: z.object({ key: z.string() }) }) })),
  }),
})
