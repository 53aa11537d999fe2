import { defineMessage } from '@spillway/message'
import * as z from 'zod'

/** A message without a key of its own. */
export const reading = defineMessage({
  name: 'sensor.read',
  schema: z.object({ celsius: z.number() }),
})
