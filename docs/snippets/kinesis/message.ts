import { defineMessage } from '@spillway/message'
import * as z from 'zod'

export const reading = defineMessage({
  name: 'reading.taken',
  schema: z.object({ id: z.uuid(), sensor: z.string(), celsius: z.number() }),
  key: (body) => body.id,
  group: (body) => body.sensor,
})
