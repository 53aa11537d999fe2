import { Consumer } from 'sqs-consumer'
import { saveAll } from './save-all.ts'

/** The same with whole batches. */
export const createBatchConsumer = (queueUrl: string) =>
  Consumer.create({
    queueUrl,
    batchSize: 10,
    handleMessageBatch: async (messages) => {
      await saveAll(messages.map(({ Body = '' }) => JSON.parse(Body)))
      return messages
    },
  })
