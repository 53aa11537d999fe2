import { toTable } from './blocks.ts'

/** A fault, its result for the message, and the test that shows it. */
export interface FailureRow {
  readonly fault: string
  readonly outcome: string
  /** A test file and a part of the title of its test. */
  readonly test: string
  readonly title: string
  /** For a fault that loses messages: the page that says what to set against it. */
  readonly advice?: Advice
}

interface Advice {
  readonly page: string
  readonly what: string
}

const batch = 'packages/batch/src/failure-matrix.test.ts'
const kinesis = 'packages/kinesis/src/failure-matrix.test.ts'
const enqueue = 'packages/ingest/src/enqueue.test.ts'
const target = 'packages/sqs/src/target.test.ts'

/**
 * The failure matrix: the faults that may occur between the request and the row. A test checks that the test of each
 * row exists.
 */
export const failureRows: readonly FailureRow[] = [
  row(
    'a fault before the message is sent',
    'no 202; nothing is in the queue. The client repeats the request',
    tested(enqueue, 'because the target throws is a 503, and the log has the cause'),
  ),
  row(
    'the queue stores the message and its response is lost',
    'the message is sent again. Two messages with one key have one effect',
    tested(target, 'survives an answer that is lost after the message was stored'),
  ),
  row(
    'the 202 is lost on its way to the client',
    'the client repeats the request: one effect with a key, two without one',
    tested(
      'packages/ingest/src/ledger.test.ts',
      'add up: each 202 is in the queue, and what is there without one was told to be unsure',
    ),
  ),
  row(
    'the queue accepts a part of a bulk request',
    '207, with a status for each item',
    tested(
      'packages/ingest/src/enqueue-many.test.ts',
      'is a 207 when the target answers for some, and those are accepted',
    ),
  ),
  row(
    'the queue throttles, or rejects the size or a character',
    '503 with `Retry-After`, 413 or 422',
    tested(enqueue, 'because the queue can never hold it is a 413'),
  ),
  row(
    'a message becomes older than the retention of its queue',
    '**lost**: SQS deletes it without a trace',
    tested(
      'packages/simulator/src/queue/queue.test.ts',
      'deletes a message after its visibility time-out has passed, and one that is too old',
      link('runbooks/queue-grows.md', 'watch its age'),
    ),
  ),
  row(
    'the function that writes is throttled by reserved concurrency',
    'its messages would be dead-lettered without an attempt, so `defineApp` rejects this',
    tested('packages/planner/src/define-app.test.ts', 'E11: functions.write has a reservedConcurrency of 8'),
  ),
  row(
    'a crash, a time-out or exhausted memory before COMMIT',
    'the transaction is rolled back, and the next delivery writes the row',
    tested(batch, 'a crash before COMMIT: the work is rolled back, and done by the next delivery'),
  ),
  row(
    'a crash after COMMIT, before the response',
    'delivered again; the key is known, so nothing changes',
    tested(batch, 'a crash after COMMIT, before the answer'),
  ),
  row(
    'Lambda cannot read the response',
    'the whole batch is delivered again, and nothing changes',
    tested(batch, 'an answer that Lambda cannot read, or that names an unknown record'),
  ),
  row(
    'Lambda cannot delete a message, or a standard queue delivers twice',
    'delivered again, and nothing changes',
    tested(batch, 'a delete that fails'),
  ),
  row(
    'the visibility time-out ends while the transaction runs',
    'a second delivery waits for the first: one effect',
    tested(batch, 'row 12'),
  ),
  row(
    'the database has no free connection',
    'the records wait inside the invocation, without further receives',
    tested(batch, 'row 13'),
  ),
  row(
    'the database is down for longer than `maxReceiveCount` receives last',
    'the messages are dead-lettered, and a redrive writes them',
    tested(batch, 'row 14'),
  ),
  row(
    'a failover during COMMIT, whose result is unknown',
    'delivered again; the key shows whether it was committed',
    tested(batch, 'row 15'),
  ),
  row(
    'a failover to a replica that lags behind',
    '**lost** if the message was already deleted, because the database has lost a committed transaction',
    tested(
      'packages/batch/src/lost-commit.test.ts',
      'row 16',
      link('concepts/promise.md#where-it-ends', 'replicate synchronously'),
    ),
  ),
  row(
    'a record that the database always rejects',
    'it is parked with the reason, and the other records are written',
    tested(batch, 'row 17'),
  ),
  row(
    'a table or a column is missing',
    'nothing is parked; all records are written when the table or column exists',
    tested(batch, 'row 18'),
  ),
  row(
    'a dead-letter queue that keeps messages no longer than its queue',
    '**lost** there; the planner warns (`W29`)',
    tested(
      'packages/planner/src/check-outage.test.ts',
      'warns of a dead-letter queue that keeps messages no longer than its queue',
    ),
  ),
  row(
    'a redrive after the inbox has deleted the key (30 days)',
    'a **second effect**',
    tested(
      'packages/kysely/src/inbox/sweep-inbox.test.ts',
      'deletes only entries that are older than 30 days',
    ),
  ),
  row(
    'the mapping has no `ReportBatchItemFailures`',
    'the invocation fails, so that Lambda deletes nothing',
    tested(batch, 'row 21'),
  ),
  row(
    'a filter on the mapping of a queue',
    '**lost**: Lambda deletes what does not match. `defineApp` has no option for one',
    tested(
      'packages/planner/src/define-app.test.ts',
      'rejects a filter on the mapping',
      link('concepts/promise.md#what-you-have-to-set', 'set none'),
    ),
  ),
  row(
    'PutRecords stores only some of the records, or its response is lost',
    'one row for each key; with `strict` in order',
    tested(kinesis, 'row 23'),
  ),
  row('an invalid record in a stream', 'it is parked, and its shard continues', tested(kinesis, 'row 24')),
  row(
    'Lambda discards records of a stream and notifies a queue',
    'the parked copies have the exact data of the records',
    tested(kinesis, 'row 25'),
  ),
  row(
    'the large body of a message was deleted',
    'its claim is parked, and the other records are written',
    tested(batch, 'row 26'),
  ),
  row(
    'a failure inside a FIFO group',
    'the rest of its group waits for it, and other groups continue',
    tested(batch, 'row 27'),
  ),
  row(
    'code that continues after its invocation',
    'its signal is aborted, and a late commit counts once',
    tested(batch, 'row 28'),
  ),
]

function row(fault: string, outcome: string, shown: Shown): FailureRow {
  return { fault, outcome, ...shown }
}

type Shown = Pick<FailureRow, 'test' | 'title' | 'advice'>

function tested(test: string, title: string, advice?: Advice): Shown {
  return { test, title, ...(advice && { advice }) }
}

function link(page: string, what: string): Advice {
  return { page, what }
}

/** The rows as a table. */
export const failureTable: string = toTable(
  ['', 'what fails', 'result for the message', 'shown by'],
  failureRows.map(({ fault, outcome, test, advice }, index) => [
    String(index + 1),
    fault,
    advice === undefined ? outcome : `${outcome}. Against it: [${advice.what}](../${advice.page})`,
    `[${test.replace(/^packages\/|src\//g, '')}](../../${test})`,
  ]),
)
