import {
  createMessage,
  type DecodedText,
  defineMessage,
  encodeMessage,
  type SourceRecord,
} from '@spillway/message'
import * as z from 'zod'

/** An id that begins with `invalid` is. */
const schema = z.object({ id: z.string().regex(/^(?!invalid)/) })

/** Three messages of one queue. */
export const [order, refund, audit] = ['order', 'refund', 'audit'].map((name) =>
  defineMessage({ name, schema, key: ({ id }) => id }),
) as [Placed, Placed, Placed]
type Placed = ReturnType<typeof defineMessage<typeof schema>>

/** A record with the envelope of a message; its lane is its own. */
export function recordOf(definition: Placed, id: string, change: Partial<SourceRecord> = {}): SourceRecord {
  const body = encodeMessage(createMessage(definition, { id }, { time: new Date(0) }))
  return { id, lane: `lane of ${id}`, receiveCount: 1, body, ...change }
}

/** Decodes `name id`, and a text without a space as a body without a name. */
export function decodeWords(_record: SourceRecord, text: string): DecodedText {
  const [name = '', id] = text.split(' ')
  return id === undefined ? { body: { id: name } } : { name, body: { id } }
}
