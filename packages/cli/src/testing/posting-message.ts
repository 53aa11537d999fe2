import { defineMessage } from '@spillway/message'
import * as z from 'zod'

/** A message for tests. */
export const posting = defineMessage({
  name: 'posting',
  schema: z.object({ id: z.string(), amount: z.number().max(100) }),
  key: ({ id }) => id,
})
