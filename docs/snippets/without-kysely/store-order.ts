import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb'
import type { RecordHandler } from '@spillway/batch'
import { done } from '@spillway/message'
import type { Order } from './message.ts'

const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ maxAttempts: 2 }))

/** Stores an order as one item under the key of the message, so that it is stored once. */
export const storeOrder: RecordHandler<Order> = async ({ key, body, time }, { signal }) => {
  const put = new PutCommand({
    TableName: process.env.ORDERS_TABLE,
    Item: { pk: key, customer: body.customer, cents: body.cents, placedAt: time.toISOString() },
    ConditionExpression: 'attribute_not_exists(pk)',
  })
  try {
    await documents.send(put, { abortSignal: signal })
  } catch (error) {
    // Written by an earlier delivery.
    if (!(error instanceof ConditionalCheckFailedException)) throw error
  }
  return done()
}
