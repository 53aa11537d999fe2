import { Consumer } from 'sqs-consumer'
import { save } from '../adopting/save.ts'

/** A process that runs all the time, in a container. */
export const createConsumer = (queueUrl: string) =>
  Consumer.create({
    queueUrl,
    batchSize: 10,
    handleMessage: async (message) => {
      await save(JSON.parse(message.Body ?? ''))
      // Acknowledges the message.
      return message
    },
  })
