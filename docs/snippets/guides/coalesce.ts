import { sqsTarget } from '@spillway/sqs'
import { coalesce } from '@spillway/sqs/coalesce'

export const to = sqsTarget({ queueUrl: process.env.QUEUE_URL, coalesce: coalesce() })
