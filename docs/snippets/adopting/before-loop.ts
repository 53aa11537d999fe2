import type { SQSEvent } from 'aws-lambda'
import { save } from './save.ts'

export const handler = async (event: SQSEvent) => {
  const batchItemFailures: { itemIdentifier: string }[] = []
  for (const record of event.Records) {
    try {
      await save(JSON.parse(record.body))
    } catch (error) {
      console.error(error)
      batchItemFailures.push({ itemIdentifier: record.messageId })
    }
  }
  return { batchItemFailures }
}
