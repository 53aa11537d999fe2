import { DynamoDBClient, TransactionCanceledException } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb'
import type { RecordHandler } from '@spillway/batch'
import { done } from '@spillway/message'
import type { Order } from './message.ts'

const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ maxAttempts: 2 }))

/** 60 days, because a message may wait 14 days each in a queue, its dead-letter queue and the queue again. */
const remembered = 60 * 24 * 3600

/** Adds an order to the total of its customer once, because its key is written in the same transaction. */
export const addToTotal: RecordHandler<Order> = async ({ key, body }, { signal }) => {
  const expiresAt = Math.floor(Date.now() / 1000) + remembered
  const inbox = {
    TableName: process.env.INBOX_TABLE,
    Item: { pk: key, expiresAt },
    ConditionExpression: 'attribute_not_exists(pk)',
  }
  const total = {
    TableName: process.env.TOTALS_TABLE,
    Key: { pk: body.customer },
    UpdateExpression: 'ADD cents :cents',
    ExpressionAttributeValues: { ':cents': body.cents },
  }
  const write = new TransactWriteCommand({ TransactItems: [{ Put: inbox }, { Update: total }] })
  try {
    await documents.send(write, { abortSignal: signal })
  } catch (error) {
    if (!wasApplied(error)) throw error
  }
  return done()
}

/** Whether the key existed already. The first reason is that of the first item. */
function wasApplied(error: unknown): boolean {
  return (
    error instanceof TransactionCanceledException &&
    error.CancellationReasons?.[0]?.Code === 'ConditionalCheckFailed'
  )
}
