import { defineMessage } from '@spillway/message'
import * as z from 'zod'

export const pointsEarned = defineMessage({
  name: 'points.earned',
  schema: z.object({ id: z.uuid(), customer: z.string().max(64), points: z.int().positive() }),
  key: (body) => body.id,
})
