import { defineMessage, type MessageBody } from '@spillway/message'
import * as z from 'zod'

/**
 * A measurement of a sensor. The sensor chooses the id, so sending a reading again changes nothing. The sensor is the
 * group and therefore the partition key: its readings stay together in one shard.
 */
export const reading = defineMessage({
  name: 'reading.taken',
  schema: z.object({
    id: z.uuid(),
    sensor: z.string().min(1).max(64),
    takenAt: z.iso.datetime(),
    celsius: z.number(),
  }),
  key: (body) => body.id.toLowerCase(),
  group: (body) => body.sensor,
})

export type Reading = MessageBody<typeof reading>
