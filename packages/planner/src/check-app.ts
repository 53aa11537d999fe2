import type { App, AppEventSource, AppFunction, AppQueue } from './app.ts'
import { checkBudget, warnOfBudget } from './check-budget.ts'
import { warnOfOutage } from './check-outage.ts'

/** A reason why an app would lose messages, exceed its budget, be rejected by AWS, or cost more than it should. */
export interface Problem {
  /** A stable id: `E1`, `E2`, … for an error, `W1`, `W2`, … for a warning. */
  readonly id: string
  readonly message: string
}

/**
 * The most concurrent invocations for a queue without a `maximumConcurrency` (Lambda, "Configuring scaling behavior").
 */
const mostPollers = 1250

/** Checks an app against the limits of AWS and its own budget. */
export function checkApp(app: App): readonly Problem[] {
  return [
    ...app.functions.flatMap((fn) => [
      ...checkFunction(app, fn),
      ...checkStreamSource(fn),
      ...checkProvisioned(fn),
    ]),
    ...app.queues.flatMap((queue) => [...checkQueue(queue)]),
    ...checkBudget(app),
  ]
}

/** The warnings: problems that do not stop the app. */
export function warnOfApp(app: App): readonly Problem[] {
  return [...warnOfBudget(app), ...warnOfOutage(app)]
}

function* checkFunction(app: App, fn: AppFunction): Generator<Problem> {
  const source = fn.eventSource
  if (source === undefined) return
  const queue = app.queues.find(({ name }) => name === source.queue)
  const fifo = source.queue.endsWith('.fifo')
  if (queue !== undefined && fn.timeout > queue.visibilityTimeout) {
    yield {
      id: 'E1',
      message: `functions.${fn.name} may run ${fn.timeout} s, longer than the visibility time-out of its queue (${queue.visibilityTimeout} s).`,
    }
  }
  if (source.batchSize > 10 && source.batchingWindow === 0) {
    yield {
      id: 'E2',
      message: `functions.${fn.name} has a batchSize of ${source.batchSize}; more than 10 need a batchingWindow of at least 1 s.`,
    }
  }
  if (fifo && (source.batchSize > 10 || source.batchingWindow > 0)) {
    yield {
      id: 'E3',
      message: `functions.${fn.name} reads a FIFO queue, which allows a batchSize of at most 10 and no batchingWindow.`,
    }
  }
  yield* checkReserved(fn, source)
}

function* checkStreamSource({ name, streamSource: source }: AppFunction): Generator<Problem> {
  if (source === undefined || !('queue' in source.onFailure)) return
  const { queue } = source.onFailure
  if (queue.endsWith('.fifo')) {
    yield {
      id: 'E5',
      message: `functions.${name} cannot have the FIFO queue '${queue}' as \`onFailure\`: Lambda accepts only a standard queue.`,
    }
  }
}

/**
 * A throttled batch returns to its queue, but the receive counts. After a few receives its messages are dead-lettered
 * (Lambda, "Configuring scaling behavior for SQS event source mappings").
 */
function* checkReserved(fn: AppFunction, source: AppEventSource): Generator<Problem> {
  const { name, routes, reservedConcurrency: reserved } = fn
  // 0 is allowed, because it stops the function on purpose.
  if (reserved === undefined || reserved === 0) return
  const lost = 'are throttled, and their messages are dead-lettered without an attempt'
  if (routes.length > 0) {
    yield {
      id: 'E11',
      message: `functions.${name} has a reservedConcurrency of ${reserved}, which HTTP requests can use up: batches of its queue ${lost}. Split it into one function for HTTP and one for the queue.`,
    }
    return
  }
  const { maximumConcurrency } = source
  if (maximumConcurrency === undefined) {
    // A FIFO queue has one batch in flight per group, and the number of groups is not known here.
    if (source.queue.endsWith('.fifo') || reserved >= mostPollers) return
    yield {
      id: 'E11',
      message: `functions.${name} has a reservedConcurrency of ${reserved}, but its queue has no maximumConcurrency: batches above it ${lost}. Set a maximumConcurrency instead, which leaves them in the queue.`,
    }
  } else if (reserved < maximumConcurrency) {
    yield {
      id: 'E11',
      message: `functions.${name} has a reservedConcurrency of ${reserved}, but the maximumConcurrency of its queue is ${maximumConcurrency}: batches above it ${lost}. Remove it, or set it to at least ${maximumConcurrency}.`,
    }
  }
}

/** Lambda Developer Guide, "Configuring provisioned concurrency for a function". */
function* checkProvisioned({
  name,
  provisionedConcurrency,
  reservedConcurrency,
}: AppFunction): Generator<Problem> {
  if (provisionedConcurrency === undefined || reservedConcurrency === undefined) return
  if (provisionedConcurrency <= reservedConcurrency) return
  yield {
    id: 'E11',
    message: `functions.${name} has a provisionedConcurrency of ${provisionedConcurrency}, but Lambda allows no more than its reservedConcurrency of ${reservedConcurrency}.`,
  }
}

function* checkQueue({ name, deadLetterQueue }: AppQueue): Generator<Problem> {
  if (deadLetterQueue === undefined) return
  if (deadLetterQueue.endsWith('.fifo') !== name.endsWith('.fifo')) {
    yield {
      id: 'E5',
      message: `queues.${name} and its dead-letter queue '${deadLetterQueue}' must both be FIFO queues, or neither.`,
    }
  }
}
