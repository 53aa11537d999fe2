import { SpillwayError } from '@spillway/message'
import { integer, nonEmptyString, type OptionRules } from '@spillway/message/internal'
import type { App, AppFunction, AppQueue, QueueOptions } from './app.ts'
import { checkAppOptions } from './check-app-options.ts'
import { findNamed } from './find-named.ts'

/**
 * An outage of an hour takes at most 82 receives with the back-off of `batch`, which waits at least 45 s after the
 * second receive.
 */
export const defaultMaxReceiveCount = 100

/** Seconds: 4 days, as on SQS. */
const defaultRetention = 345_600

/**
 * Seconds: 14 days, the longest on SQS. In a dead-letter queue the age of a message still counts from when it was sent;
 * the queue deletes it when that age exceeds its retention.
 */
const longestRetention = 1_209_600

/** What each of `queues` accepts. */
export const queueRules: OptionRules<QueueOptions> = {
  visibilityTimeout: integer(0, 43_200),
  maxReceiveCount: integer(1, 1000),
  retention: integer(60, longestRetention),
  deadLetterQueue: { ...nonEmptyString(), required: false },
}

/** A queue that the app does not list and no function reads. */
const unread: Omit<AppQueue, 'name'> = {
  visibilityTimeout: 30,
  deadLetterQueue: undefined,
  maxReceiveCount: 0,
  retention: longestRetention,
}

/** All queues of an app: those that it lists, those that functions read, and those for failures. */
export function toQueues(
  options: Readonly<Record<string, QueueOptions>>,
  functions: readonly AppFunction[],
): readonly AppQueue[] {
  const readers = new Map(functions.flatMap((fn) => (fn.eventSource ? [[fn.eventSource.queue, fn]] : [])))
  const deadLetterQueues = new Set<string>()
  const queues: AppQueue[] = []
  for (const name of new Set([...Object.keys(options), ...readers.keys()])) {
    const queue = options[name] ?? {}
    checkAppOptions(`queues.${name}`, queue, queueRules)
    const reader = readers.get(name)
    const recommended = reader ? 6 * reader.timeout + (reader.eventSource?.batchingWindow ?? 0) : 30
    const visibilityTimeout = queue.visibilityTimeout ?? recommended
    // Users inspect a queue that no function reads. Each inspection is a receive, which must not move the messages
    // elsewhere.
    const hasDeadLetterQueue = reader !== undefined || queue.maxReceiveCount !== undefined
    const deadLetterQueue = queue.deadLetterQueue ?? (hasDeadLetterQueue ? toDeadLetterName(name) : undefined)
    if (deadLetterQueue === name) {
      throw new SpillwayError('SPILLWAY_APP_INVALID', `queues.${name} cannot be its own dead-letter queue.`)
    }
    const { retention = deadLetterQueue === undefined ? longestRetention : defaultRetention } = queue
    if (deadLetterQueue === undefined) {
      queues.push({ name, visibilityTimeout, deadLetterQueue, maxReceiveCount: 0, retention })
      continue
    }
    deadLetterQueues.add(deadLetterQueue)
    const maxReceiveCount = queue.maxReceiveCount ?? defaultMaxReceiveCount
    queues.push({ name, visibilityTimeout, deadLetterQueue, maxReceiveCount, retention })
  }
  const known = new Set(queues.map((queue) => queue.name))
  for (const name of [...deadLetterQueues, ...failureQueues(functions)]) {
    if (known.has(name)) continue
    known.add(name)
    queues.push({ ...unread, name })
  }
  for (const name of known) checkQueueName(name)
  return queues.map((queue) => {
    if (!deadLetterQueues.has(queue.name)) return queue
    const { retention = longestRetention } = options[queue.name] ?? {}
    return { ...queue, deadLetterQueue: undefined, maxReceiveCount: 0, retention }
  })
}

/** Source: Amazon SQS API Reference, CreateQueue. */
function checkQueueName(name: string): void {
  if (name.length <= 80 && /^[\w-]+(\.fifo)?$/.test(name)) return
  const rule = '1 to 80 letters, digits, `_` and `-`, with `.fifo` at the end for a FIFO queue'
  throw new SpillwayError('SPILLWAY_APP_INVALID', `The name of the queue '${name}' must be ${rule}.`)
}

/** The queues that receive the positions of discarded batches of a stream. */
function failureQueues(functions: readonly AppFunction[]): readonly string[] {
  return functions.flatMap(({ streamSource: source }) =>
    source !== undefined && 'queue' in source.onFailure ? source.onFailure.queue : [],
  )
}

function toDeadLetterName(name: string): string {
  return name.endsWith('.fifo') ? `${name.slice(0, -5)}-dlq.fifo` : `${name}-dlq`
}

/**
 * A queue of an app by its name.
 *
 * @throws SpillwayError `SPILLWAY_APP_INVALID` when the app has no such queue; the message suggests the nearest name.
 */
export function findQueue(app: App, name: string): AppQueue {
  return findNamed(app, 'queue', app.queues, name)
}
