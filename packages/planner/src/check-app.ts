import type { App, AppFunction, AppQueue } from './app.ts'

/** Something that makes an app lose messages, exceed its budget or be refused by AWS. */
export interface Problem {
  /** Stable: `E1`, `E2`, … */
  readonly id: string
  readonly message: string
}

/** How many invocations a queue causes at once without a `maximumConcurrency` (Lambda, "Configuring scaling behavior"). */
const mostPollers = 1250

/** Holds an app against the limits of AWS and its own budget. */
export function checkApp(app: App): readonly Problem[] {
  return [
    ...app.functions.flatMap((fn) => [...checkFunction(app, fn)]),
    ...app.queues.flatMap((queue) => [...checkQueue(queue)]),
    ...checkBudget(app),
  ]
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
  const { reservedConcurrency } = fn
  if (reservedConcurrency !== undefined && reservedConcurrency < (source.maximumConcurrency ?? mostPollers)) {
    const limit =
      source.maximumConcurrency === undefined
        ? 'its queue has no maximumConcurrency'
        : `the maximumConcurrency of its queue is ${source.maximumConcurrency}`
    yield {
      id: 'E11',
      message: `functions.${fn.name} has a reservedConcurrency of ${reservedConcurrency}, but ${limit}: batches beyond it are throttled, and their messages reach the dead-letter queue without a try.`,
    }
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

function* checkBudget(app: App): Generator<Problem> {
  const { database } = app
  if (database === undefined) {
    for (const { name, connections } of app.functions) {
      if (connections > 0)
        yield { id: 'E9', message: `functions.${name} opens connections, but the app has no database.` }
    }
    return
  }
  if (database.budget < 1) {
    yield {
      id: 'E9',
      message: `database.reserved (${database.reserved}) leaves nothing of its ${database.maxConnections} connections.`,
    }
    return
  }
  const opening = app.functions.filter((fn) => fn.connections > 0)
  const shares = opening.flatMap((fn) => {
    const concurrency = mostInvocations(fn)
    return concurrency === undefined ? [] : [{ fn, concurrency, total: concurrency * fn.connections }]
  })
  const total = shares.reduce((sum, share) => sum + share.total, 0)
  if (total > database.budget) {
    const list = shares
      .map(({ fn, concurrency, total }) => `${fn.name} ${concurrency} × ${fn.connections} = ${total}`)
      .join(', ')
    yield {
      id: 'E9',
      message: `the functions may open ${total} database connections (${list}), but the budget is ${database.budget}.`,
    }
  }
  for (const fn of opening) {
    if (mostInvocations(fn) !== undefined) continue
    yield {
      id: 'E9',
      message: `functions.${fn.name} opens database connections, but nothing limits how many: let a queue with a maximumConcurrency, and nothing else, invoke it, or give it a reservedConcurrency.`,
    }
  }
}

/** How many invocations of a function run at once, at most; `undefined` when nothing limits them. */
function mostInvocations({ routes, eventSource, reservedConcurrency }: AppFunction): number | undefined {
  // HTTP requests bring environments of their own, whatever the queue's limit is.
  const fromQueue = routes.length > 0 ? undefined : eventSource?.maximumConcurrency
  if (fromQueue === undefined || reservedConcurrency === undefined) return fromQueue ?? reservedConcurrency
  return Math.min(fromQueue, reservedConcurrency)
}
