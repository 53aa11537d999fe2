import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch'
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda'
import { save } from './save.ts'

const processor = new BatchProcessor(EventType.SQS)

const recordHandler = async (record: SQSRecord): Promise<void> => {
  await save(JSON.parse(record.body))
}

export const handler = async (event: SQSEvent, context: Context) =>
  processPartialResponse(event, recordHandler, processor, { context })
