/** A page of the site: where it is, and what the sidebar calls it. */
export interface Page {
  readonly text: string
  readonly link: string
}

/** The parts of the site. Each has a menu of its own, and a link at the top of every page. */
export type Area = 'Start' | 'Guides' | 'Runbooks' | 'Reference'

/** A group of pages in the menu of its area. */
export interface Section {
  readonly area: Area
  readonly text: string
  readonly items: readonly Page[]
}

/** The pages by their sections, in reading order. A test holds that none is missing. */
export const sections: readonly Section[] = [
  {
    area: 'Start',
    text: 'Start',
    items: [{ text: 'The first five minutes', link: '/start' }],
  },
  {
    area: 'Start',
    text: 'Concepts',
    items: [
      { text: 'Why buffer', link: '/concepts/why-buffer' },
      { text: 'Show me the numbers', link: '/spike' },
      { text: 'The promise and where it ends', link: '/concepts/promise' },
      { text: 'Message and key', link: '/concepts/message-and-key' },
      { text: 'Outcomes', link: '/concepts/outcomes' },
      { text: 'Lanes and order', link: '/concepts/lanes-and-order' },
      { text: 'Deadlines', link: '/concepts/deadlines' },
      { text: 'Outages', link: '/concepts/outages' },
      { text: 'Connections and concurrency', link: '/concepts/connections' },
      { text: 'Exactly one effect', link: '/concepts/exactly-one-effect' },
      { text: 'Parking and redriving', link: '/concepts/parking' },
    ],
  },
  {
    area: 'Guides',
    text: 'Guides: accept',
    items: [
      { text: 'Accepting writes', link: '/ingest' },
      { text: 'Validate', link: '/guides/validate' },
      { text: 'Bulk requests', link: '/guides/bulk' },
      { text: 'Large bodies', link: '/guides/large-bodies' },
      { text: 'Versions and upcasts', link: '/guides/versions' },
      { text: 'A status page', link: '/guides/status-page' },
      { text: 'Security', link: '/guides/security' },
    ],
  },
  {
    area: 'Guides',
    text: 'Guides: write',
    items: [
      { text: 'Writing in batches', link: '/batch' },
      { text: 'Writing rows', link: '/guides/writing-rows' },
      { text: 'FIFO queues', link: '/guides/fifo' },
      { text: 'Streams', link: '/kinesis' },
      { text: 'Parking records of a stream', link: '/guides/stream-parking' },
      { text: 'Several messages on one queue', link: '/guides/several-messages' },
      { text: 'Transactions and increments', link: '/guides/transactions' },
      { text: 'Errors of your triggers', link: '/guides/trigger-errors' },
      { text: 'Without Kysely', link: '/without-kysely' },
      { text: 'Parked messages and redrive', link: '/redrive' },
    ],
  },
  {
    area: 'Guides',
    text: 'Guides: the database',
    items: [
      { text: 'The connection budget', link: '/budget' },
      { text: 'MySQL and MariaDB', link: '/guides/mysql' },
      { text: 'Aurora', link: '/guides/aurora' },
      { text: 'RDS Proxy', link: '/guides/rds-proxy' },
      { text: 'IAM authentication', link: '/guides/iam-authentication' },
      { text: 'Change a table without downtime', link: '/guides/schema-change' },
    ],
  },
  {
    area: 'Guides',
    text: 'Guides: build and run',
    items: [
      { text: 'Local development', link: '/guides/local-development' },
      { text: 'The local runtime', link: '/local' },
      { text: 'Testing your handlers', link: '/testing' },
      { text: 'Testing with a real database', link: '/guides/testing-database' },
      { text: 'Testing end to end', link: '/guides/testing-end-to-end' },
      { text: 'Testing with node:test', link: '/guides/testing-node' },
      { text: 'Bundling', link: '/bundling' },
      { text: 'Deploying', link: '/deploying' },
      { text: 'CDK, Terraform, Serverless', link: '/guides/other-deploy-tools' },
      { text: 'Managed Instances', link: '/guides/managed-instances' },
      { text: 'The breaker', link: '/breaker' },
      { text: 'A breaker that an alarm opens', link: '/guides/breaker-alarm' },
      { text: 'Metrics and traces', link: '/guides/metrics-and-traces' },
      { text: 'Logs', link: '/guides/logs' },
      { text: 'Costs', link: '/guides/costs' },
    ],
  },
  {
    area: 'Guides',
    text: 'From elsewhere',
    items: [
      { text: 'Adopting step by step', link: '/adopting' },
      { text: 'An existing queue', link: '/existing-queue' },
      { text: 'From bare middy', link: '/from/middy' },
      { text: 'From Powertools', link: '/from/powertools' },
      { text: 'From sqs-consumer', link: '/from/sqs-consumer' },
      { text: 'From a synchronous API', link: '/from/synchronous-api' },
    ],
  },
  {
    area: 'Runbooks',
    text: 'Runbooks',
    items: [
      { text: 'The dead-letter queue fills', link: '/runbooks/dead-letter-queue-fills' },
      { text: 'The database is down', link: '/runbooks/database-is-down' },
      { text: 'The queue grows', link: '/runbooks/queue-grows' },
      { text: 'Connections are exhausted', link: '/runbooks/connections-exhausted' },
      { text: 'A shard stands still', link: '/runbooks/shard-stands-still' },
      { text: 'A deploy went wrong', link: '/runbooks/deploy-went-wrong' },
    ],
  },
  {
    area: 'Reference',
    text: 'Reference',
    items: [
      { text: 'Which errors park a message', link: '/kysely' },
      { text: 'Who caused a database error', link: '/reference/refused-values' },
      { text: 'Configuration', link: '/reference/configuration' },
      { text: 'Options: messages and HTTP', link: '/reference/options-accept' },
      { text: 'Options: SQS and Kinesis', link: '/reference/options-transports' },
      { text: 'Options: batches', link: '/reference/options-batch' },
      { text: 'Options: the database', link: '/reference/options-database' },
      { text: 'Options: tests and tools', link: '/reference/options-tools' },
      { text: 'Checks', link: '/reference/checks' },
      { text: 'Errors', link: '/errors' },
      { text: 'Metrics', link: '/reference/metrics' },
      { text: 'Log lines', link: '/reference/logs' },
      { text: 'HTTP answers', link: '/reference/http' },
      { text: 'On the wire', link: '/reference/wire' },
      { text: 'Command line', link: '/reference/cli' },
      { text: 'Failure matrix', link: '/reference/failure-matrix' },
      { text: 'Limits of AWS', link: '/reference/aws-limits' },
      { text: 'Supported versions', link: '/reference/versions' },
      { text: 'Glossary', link: '/glossary' },
      { text: 'Comparison', link: '/comparison' },
      { text: 'Benchmarks', link: '/benchmarks' },
    ],
  },
]
