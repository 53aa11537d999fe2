import type { Faux } from './faux-app.ts'
import { nameOf } from './fifo/requests.ts'
import { errorBody, errorHeader } from './sqs-error.ts'

const action = 'AmazonSQS.ListDeadLetterSourceQueues'

const noQueue = {
  code: 'AWS.SimpleQueueService.NonExistentQueue',
  message: 'The specified queue does not exist.',
}

/**
 * Answers ListDeadLetterSourceQueues, which fauxqs does not know: the queues whose redrive policy names a queue.
 *
 * Source: Amazon SQS API Reference, ListDeadLetterSourceQueues. The response has `queueUrls` in lower case.
 */
export function listSources(faux: Faux, queueUrl: (name: string) => string): void {
  faux.app.addHook('preHandler', async (request, reply) => {
    if (request.headers['x-amz-target'] !== action) return undefined
    reply.header('content-type', 'application/x-amz-json-1.0')
    const { QueueUrl } = request.body as { readonly QueueUrl?: unknown }
    const name = nameOf(String(QueueUrl))
    const sources = await sourcesOf(faux, name)
    if (sources === undefined) {
      reply.header('x-amzn-query-error', errorHeader(noQueue))
      return reply.code(400).send(errorBody(noQueue))
    }
    return reply.send({ queueUrls: sources.map(queueUrl) })
  })
}

/** The names of the queues that use a queue as their dead-letter queue; `undefined` when it does not exist. */
export async function sourcesOf(faux: Faux, name: string): Promise<readonly string[] | undefined> {
  const queues = (await faux.inspect('queues')) as readonly { readonly name: string }[]
  if (!queues.some((queue) => queue.name === name)) return undefined
  const sources: string[] = []
  for (const other of queues) {
    if ((await deadLetterQueueOf(faux, other.name)) === name) sources.push(other.name)
  }
  return sources
}

/** The name of the dead-letter queue of a queue. */
async function deadLetterQueueOf(faux: Faux, QueueUrl: string): Promise<string | undefined> {
  const answer = await faux.call('GetQueueAttributes', { QueueUrl, AttributeNames: ['RedrivePolicy'] })
  const { Attributes } = answer as { readonly Attributes?: { readonly RedrivePolicy?: string } }
  if (Attributes?.RedrivePolicy === undefined) return undefined
  const { deadLetterTargetArn } = JSON.parse(Attributes.RedrivePolicy) as {
    readonly deadLetterTargetArn?: string
  }
  return deadLetterTargetArn === undefined ? undefined : nameOf(deadLetterTargetArn)
}
