import { SpillwayError } from '@spillway/message'
import { completeDeliveries } from './complete-deliveries.ts'
import { correctRequests } from './correct-requests.ts'
import type { QueueDepth, QueueEngine, QueueSpec } from './engine.ts'
import { createFaux, type Faux } from './faux-app.ts'
import { readDepth, readMessages } from './faux-inspect.ts'
import { deliverFifo } from './fifo/deliver-fifo.ts'
import { listSources } from './list-sources.ts'
import { moveTasks } from './move-tasks/move-tasks.ts'
import { ownUrls } from './own-urls.ts'
import { returnUnread } from './return-unread.ts'

/** What {@link startQueues} takes. */
export interface QueuesOptions {
  /** The queues, with their dead-letter queues. */
  readonly queues: readonly QueueSpec[]
  /** The port on 127.0.0.1. Default 0: any free port. */
  readonly port?: number
  /** The region in ARNs. Default `us-east-1`. */
  readonly region?: string
}

const account = '000000000000'
const host = '127.0.0.1'
/** Seconds: 14 days. A dead-letter queue must keep messages longer than its source queue. */
const deadLetterRetention = 1_209_600

/**
 * Starts SQS on 127.0.0.1 with the given queues. Messages live in memory.
 *
 * @throws SpillwayError `SPILLWAY_PORT_IN_USE` when another process listens on the port.
 * @throws SpillwayError `SPILLWAY_START_FAILED` when it cannot listen, or a queue has settings that SQS rejects.
 */
export async function startQueues(options: QueuesOptions): Promise<QueueEngine> {
  const { queues, port = 0, region = 'us-east-1' } = options
  const faux = await createFaux(region)
  correctRequests(faux.app)
  listSources(faux, (name) => queueUrl(name))
  completeDeliveries(faux, (name) => queueArn(name))
  const fifo = deliverFifo(faux)
  const moves = moveTasks(faux, (name) => depth(name))
  returnUnread(faux)
  ownUrls(faux.app, () => endpoint)
  const endpoint = await listen(faux, port)

  const queueUrl = (name: string) => `${endpoint}/${account}/${name}`
  const queueArn = (name: string) => `arn:aws:sqs:${region}:${account}:${name}`
  try {
    await createQueues(faux, queues, queueArn)
  } catch (thrown) {
    await faux.app.close()
    throw thrown
  }

  async function depth(name: string): Promise<QueueDepth> {
    const stored = await readDepth(faux, name, queueUrl(name))
    const delivered = await fifo.find(name)?.depth()
    return delivered === undefined ? stored : { ...delivered, delayed: stored.delayed }
  }

  return Object.freeze({
    endpoint,
    region,
    queueUrl,
    queueArn,
    depth,
    async messages(name: string) {
      const messages = await readMessages(faux, name, queueUrl(name))
      return (await fifo.find(name)?.messages()) ?? messages
    },
    async stop() {
      await moves.stop()
      await faux.app.close()
    },
  })
}

async function listen(faux: Faux, port: number): Promise<string> {
  try {
    return await faux.app.listen({ host, port })
  } catch (cause) {
    await faux.app.close()
    if (cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE') {
      const message = `Port ${port} is in use. Stop the process that listens there, or choose another port for the queues.`
      throw new SpillwayError('SPILLWAY_PORT_IN_USE', message, { cause })
    }
    throw new SpillwayError('SPILLWAY_START_FAILED', `The local SQS cannot listen on port ${port}.`, {
      cause,
    })
  }
}

async function createQueues(faux: Faux, queues: readonly QueueSpec[], arn: (name: string) => string) {
  const deadLetterQueues = new Set(queues.flatMap((queue) => queue.deadLetterQueue ?? []))
  const named = new Set(queues.map((queue) => queue.name))
  const retention = (seconds: number) => ({ MessageRetentionPeriod: String(seconds) })
  for (const name of deadLetterQueues) {
    if (named.has(name)) continue
    await faux.call('CreateQueue', {
      QueueName: name,
      Attributes: { ...retention(deadLetterRetention), ...kind(name) },
    })
  }
  for (const queue of queues) {
    checkKinds(queue)
    const seconds = queue.retention ?? (deadLetterQueues.has(queue.name) ? deadLetterRetention : undefined)
    const Attributes = {
      ...kind(queue.name),
      VisibilityTimeout: String(queue.visibilityTimeout),
      ...(seconds === undefined ? {} : retention(seconds)),
      ...(queue.deadLetterQueue === undefined ? {} : { RedrivePolicy: redrivePolicy(queue, arn) }),
    }
    await faux.call('CreateQueue', { QueueName: queue.name, Attributes })
  }
}

/**
 * The attributes of a FIFO queue. Content-based deduplication is off, because a body contains the time of its request,
 * so equal messages have different bodies.
 */
function kind(name: string): Readonly<Record<string, string>> {
  return name.endsWith('.fifo') ? { FifoQueue: 'true', ContentBasedDeduplication: 'false' } : {}
}

function checkKinds({ name, deadLetterQueue }: QueueSpec): void {
  if (deadLetterQueue === undefined || deadLetterQueue.endsWith('.fifo') === name.endsWith('.fifo')) return
  throw new SpillwayError(
    'SPILLWAY_START_FAILED',
    `The queue '${name}' cannot have '${deadLetterQueue}' as its dead-letter queue: either both names must end in .fifo, or neither.`,
  )
}

function redrivePolicy(queue: QueueSpec, arn: (name: string) => string): string {
  return JSON.stringify({
    deadLetterTargetArn: arn(queue.deadLetterQueue ?? ''),
    maxReceiveCount: queue.maxReceiveCount,
  })
}
