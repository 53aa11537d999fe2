import type { Faux } from './faux-app.ts'
import { nameOf } from './fifo/requests.ts'
import { sentFactsOf } from './sent-facts.ts'

interface Delivery {
  readonly Body: unknown
  readonly Attributes?: Readonly<Record<string, string>>
}

interface Receive {
  readonly QueueUrl?: unknown
  readonly AttributeNames?: readonly string[]
  readonly MessageSystemAttributeNames?: readonly string[]
}

/**
 * Adds the system attributes that fauxqs does not know to the messages of a receive: the trace header, the group of a
 * message in a standard queue, and in a dead-letter queue the queue that the message came from.
 *
 * Source: Amazon SQS API Reference, ReceiveMessage, `MessageSystemAttributeNames`.
 */
export function completeDeliveries(faux: Faux, queueArn: (name: string) => string): void {
  faux.app.addHook('preSerialization', async (request, _reply, answer) => {
    if (typeof answer !== 'object' || answer === null || !('Messages' in answer)) return answer
    if (!Array.isArray(answer.Messages)) return answer
    const { QueueUrl, AttributeNames = [], MessageSystemAttributeNames = [] } = request.body as Receive
    const wanted = new Set([...AttributeNames, ...MessageSystemAttributeNames])
    const queue = nameOf(String(QueueUrl))

    function complete(delivery: Delivery): Delivery {
      const facts = sentFactsOf(delivery.Body)
      if (facts === undefined) return delivery
      const source = facts.queue === queue ? undefined : queueArn(facts.queue)
      const all = {
        MessageGroupId: queue.endsWith('.fifo') ? undefined : facts.groupId,
        AWSTraceHeader: facts.traceHeader,
        DeadLetterQueueSourceArn: source,
      }
      const added = Object.entries(all).filter(
        (entry): entry is [string, string] =>
          entry[1] !== undefined && (wanted.has('All') || wanted.has(entry[0])),
      )
      if (added.length === 0) return delivery
      return { ...delivery, Attributes: { ...delivery.Attributes, ...Object.fromEntries(added) } }
    }

    return { ...answer, Messages: (answer.Messages as readonly Delivery[]).map(complete) }
  })
}
