import { createMessage, defineMessage, encodeMessage, type StandardSchemaV1 } from '@spillway/message'

/** The body of a simulated message. */
export interface RowBody {
  readonly number: number
  readonly group: string
}

/** Every body is valid, because simulations are about outages. */
const schema: StandardSchemaV1<RowBody> = {
  '~standard': { version: 1, vendor: 'simulator', validate: (value) => ({ value: value as RowBody }) },
}

/** The key of a message and of its row. */
export const keyOf = (number: number) => `m${number}`

/** The message that simulations send. */
export const rowMessage = defineMessage({
  name: 'row.sent',
  schema,
  key: (body: RowBody) => keyOf(body.number),
  group: (body: RowBody) => body.group,
})

/** The text of a message in the queue. */
export function toWire(number: number, group: string, sentAt: number): string {
  return encodeMessage(createMessage(rowMessage, { number, group }, { time: new Date(sentAt) }))
}
