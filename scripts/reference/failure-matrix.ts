import { toTable } from './blocks.ts'

/** A fault, what becomes of the message, and what shows it. */
export interface FailureRow {
  readonly fault: string
  readonly outcome: string
  /** A test file and a part of the title of its test; or, where no test can show it, the page that says what to set. */
  readonly proof:
    | { readonly test: string; readonly title: string }
    | { readonly page: string; readonly what: string }
}

const batch = 'packages/batch/src/failure-matrix.test.ts'
const kinesis = 'packages/kinesis/src/failure-matrix.test.ts'
const enqueue = 'packages/ingest/src/enqueue.test.ts'
const target = 'packages/sqs/src/target.test.ts'

/** The failure matrix: what may fail on the way from the request to the row. A test looks for the test of each row. */
export const failureRows: readonly FailureRow[] = [
  row(
    'a fault before the message is sent',
    'no 202; nothing is in the queue. The client repeats the request',
    tested(enqueue, 'because the target throws is a 503, and the log has the cause'),
  ),
  row(
    'the queue stores the message and its answer is lost',
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
    'the queue takes a part of a bulk request',
    '207, and each item has the status of its own',
    tested(
      'packages/ingest/src/enqueue-many.test.ts',
      'is a 207 when the target answers for some, and those are accepted',
    ),
  ),
  row(
    'the queue throttles, or refuses the size or a character',
    '503 with `Retry-After`, 413 or 422',
    tested(enqueue, 'because the queue can never hold it is a 413'),
  ),
  row(
    'a message grows older than the retention of its queue',
    '**lost**: SQS deletes it without a trace',
    said('runbooks/queue-grows.md', 'watch its age'),
  ),
  row(
    'the function that writes is throttled by reserved concurrency',
    'its messages would reach the dead-letter queue without a try, so that the definition is refused',
    tested('packages/planner/src/define-app.test.ts', 'E11: functions.write has a reservedConcurrency of 8'),
  ),
  row(
    'a crash, a time-out or no memory before COMMIT',
    'the transaction is rolled back, and the next delivery writes',
    tested(batch, 'a crash before COMMIT: the work is rolled back, and done by the next delivery'),
  ),
  row(
    'a crash after COMMIT, before the answer',
    'delivered again; the key is known, nothing changes',
    tested(batch, 'a crash after COMMIT, before the answer'),
  ),
  row(
    'Lambda cannot read the answer',
    'the whole batch is delivered again, nothing changes',
    tested(batch, 'an answer that Lambda cannot read, or that names an unknown record'),
  ),
  row(
    'Lambda cannot delete a message, or a standard queue delivers twice',
    'delivered again, nothing changes',
    tested(batch, 'a delete that fails'),
  ),
  row(
    'the visibility time-out ends while the transaction runs',
    'a second delivery waits for the first: one effect',
    tested(batch, 'row 12'),
  ),
  row(
    'the database has no free connection',
    'the records are held inside the invocation and use up no receive',
    tested(batch, 'row 13'),
  ),
  row(
    'the database is down for more receives than a message has',
    'all messages are in the dead-letter queue, and a redrive brings them back',
    tested(batch, 'row 14'),
  ),
  row(
    'a failover during COMMIT, and nobody knows its result',
    'delivered again; the key decides',
    tested(batch, 'row 15'),
  ),
  row(
    'a failover to a replica that was behind',
    '**lost**, if the message was deleted before: the database forgot what it had committed',
    said('concepts/promise.md#where-it-ends', 'replicate synchronously'),
  ),
  row(
    'a record that the database refuses for good',
    'it is parked with the reason, its neighbours are written',
    tested(batch, 'row 17'),
  ),
  row(
    'a table or a column is missing',
    'nothing is parked; all is written once the table is there',
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
    'a redrive after the inbox forgot the key (30 days)',
    'a **second effect**',
    tested(
      'packages/kysely/src/inbox/sweep-inbox.test.ts',
      'deletes what is older than 30 days, and nothing else',
    ),
  ),
  row(
    'the mapping has no `ReportBatchItemFailures`',
    'the invocation fails, so that Lambda deletes nothing',
    tested(batch, 'row 21'),
  ),
  row(
    'a filter on the mapping of a queue',
    '**lost**: Lambda deletes what does not match',
    said('concepts/promise.md#what-you-have-to-set', 'set none'),
  ),
  row(
    'PutRecords takes some of the records, or its answer is lost',
    'one row for each key; with `strict` in order',
    tested(kinesis, 'row 23'),
  ),
  row('a bad record in a stream', 'it is parked, and its shard goes on', tested(kinesis, 'row 24')),
  row(
    'Lambda gives up records of a stream and tells a queue',
    'the copies that Spillway parks have the data, byte for byte',
    tested(kinesis, 'row 25'),
  ),
  row(
    'the large body of a message is gone',
    'its claim is parked, its neighbours are written',
    tested(batch, 'row 26'),
  ),
  row(
    'a failure inside a FIFO group',
    'the rest of its group stays behind it, other groups go on',
    tested(batch, 'row 27'),
  ),
  row(
    'code that runs on after its invocation',
    'it is told to stop, and what it commits late counts once',
    tested(batch, 'row 28'),
  ),
]

function row(fault: string, outcome: string, proof: FailureRow['proof']): FailureRow {
  return { fault, outcome, proof }
}

function tested(test: string, title: string): FailureRow['proof'] {
  return { test, title }
}

function said(page: string, what: string): FailureRow['proof'] {
  return { page, what }
}

/** The rows as a table. */
export const failureTable: string = toTable(
  ['', 'what fails', 'what becomes of the message', 'shown by'],
  failureRows.map(({ fault, outcome, proof }, index) => [
    String(index + 1),
    fault,
    outcome,
    'page' in proof
      ? `no test: [${proof.what}](../${proof.page})`
      : `[${proof.test.replace(/^packages\/|src\//g, '')}](../../${proof.test})`,
  ]),
)
