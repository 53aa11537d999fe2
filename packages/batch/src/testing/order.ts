import { defineMessage } from '@spillway/message'
import * as z from 'zod'

/** What the functions of `worker-app.ts` take. */
export const order = defineMessage({
  name: 'order',
  schema: z.object({ id: z.string() }),
  key: (body) => body.id,
})
