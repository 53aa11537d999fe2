import { batch, eachRecord } from '@spillway/batch'
import { done } from '@spillway/message'
import { sqsRecordOf } from '@spillway/sqs'
import { order, save } from './message.ts'

export const saveForTenant = batch(
  order,
  eachRecord(async (message) => {
    const { messageAttributes } = sqsRecordOf(message)
    await save(message.key, message.body, messageAttributes.tenant?.stringValue)
    return done()
  }),
)
