import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'

const client = new SQSClient({})

export const handler = async (event: APIGatewayProxyEventV2) => {
  const { id, customer, cents } = JSON.parse(event.body ?? '')
  const MessageBody = JSON.stringify({ id, customer, cents })
  await client.send(new SendMessageCommand({ QueueUrl: process.env.QUEUE_URL, MessageBody }))
  return { statusCode: 202, body: JSON.stringify({ id }) }
}
