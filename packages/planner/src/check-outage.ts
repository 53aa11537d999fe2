import { deliveryBackoff, equalJitter } from '@spillway/message/internal'
import type { App, AppFunction, AppQueue } from './app.ts'
import type { Problem } from './check-app.ts'
import { defaultMaxReceiveCount } from './define-queue.ts'

/** An app should survive an outage of this many seconds. */
const leastOutage = 3600

/** Warns when an outage of an hour would move messages to a dead-letter queue, or when they would expire there. */
export function* warnOfOutage(app: App): Generator<Problem> {
  const read = new Set(app.functions.map(({ eventSource }) => eventSource?.queue))
  for (const queue of app.queues) {
    if (read.has(queue.name)) yield* warnOfReceives(queue)
    yield* warnOfRetention(app, queue)
  }
  for (const fn of app.functions) yield* warnOfStream(fn)
}

function* warnOfReceives({ name, deadLetterQueue, maxReceiveCount }: AppQueue): Generator<Problem> {
  if (deadLetterQueue === undefined) return
  const seconds = leastSpread(maxReceiveCount)
  if (seconds >= leastOutage) return
  yield {
    id: 'W28',
    message: `queues.${name} has a maxReceiveCount of ${maxReceiveCount}: with the default back-off of batch, an outage of ${seconds} s may send healthy messages to its dead-letter queue. Remove it (the default is ${defaultMaxReceiveCount}), or see outageSurvival of @spillway/batch.`,
  }
}

/** The minimum time in seconds over which the default back-off of `batch` spreads the receives of a record. */
function leastSpread(receives: number): number {
  let seconds = 0
  for (let receive = 1; receive < receives; receive++) seconds += equalJitter(deliveryBackoff, receive, 0)
  return seconds
}

/** Amazon SQS Developer Guide, "Using dead-letter queues": a message keeps the time when it was sent. */
function* warnOfRetention(app: App, queue: AppQueue): Generator<Problem> {
  const dead = app.queues.find(({ name }) => name === queue.deadLetterQueue)
  if (dead === undefined || dead.retention > queue.retention) return
  yield {
    id: 'W29',
    message: `queues.${dead.name} keeps messages for ${dead.retention} s, no longer than queues.${queue.name} (${queue.retention} s): their age counts from when they were sent, so it may delete them as soon as they are dead-lettered.`,
  }
}

function* warnOfStream({ name, streamSource }: AppFunction): Generator<Problem> {
  if (streamSource === undefined) return
  const { maximumRetryAttempts: retries, maximumRecordAgeInSeconds: age } = streamSource
  if (retries >= 0) {
    yield {
      id: 'W27',
      message: `functions.${name} has a maximumRetryAttempts of ${retries}: they last only for minutes of an outage, and healthy records are sent to its onFailure. Remove it (the default, -1, is no limit), so that maximumRecordAgeInSeconds is the limit.`,
    }
  }
  if (age >= 0 && age < leastOutage) {
    yield {
      id: 'W27',
      message: `functions.${name} has a maximumRecordAgeInSeconds of ${age}: a longer outage sends healthy records to its onFailure. Set it to at least ${leastOutage}.`,
    }
  }
}
