import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { connect, execute } from '../packages/kysely/src/testing/database.ts'
import { loadApp } from '../packages/local/src/index.ts'
import { type Postgres, startPostgres } from '../packages/local/src/testing.ts'
import type { App, AppFunction, AppQueue } from '../packages/planner/src/index.ts'
import { bundleExamples } from './bundle.ts'
import {
  functionOf,
  nameOf,
  of,
  queueOf,
  type Resource,
  readTemplate,
  resolved,
  type Template,
} from './template.ts'
import { root } from './workspace.ts'

// The `template.yaml` of each example deploys it. Its numbers are those of the app definition, and its bundles run
// outside of the workspace.

const examples = ['orders', 'ledger', 'telemetry'] as const

/** The examples whose bundles run: `npm run test:soak` takes those that `npm test` does not. */
const bundled: readonly (typeof examples)[number][] = inject('soak') ? ['ledger', 'telemetry'] : ['orders']

let bundles: string
let postgres: Postgres

beforeAll(async () => {
  bundles = await mkdtemp(join(tmpdir(), 'spillway-bundles-'))
  ;[postgres] = await Promise.all([startPostgres(), bundleExamples(bundled, bundles)])
})
afterAll(async () => {
  await postgres.stop()
  await rm(bundles, { recursive: true, force: true })
})

describe.each(examples)('the template of %s', (name) => {
  let app: App
  let template: Template

  beforeAll(async () => {
    const folder = join(root, 'examples', name)
    app = (await loadApp(folder)).app
    template = await readTemplate(join(folder, 'template.yaml'))
    if (!bundled.includes(name)) return
    // Outside of the workspace there is only the SDK, as in Lambda's runtime.
    const modules = join(bundles, name, 'node_modules')
    await mkdir(modules)
    await symlink(await realpath(join(folder, 'node_modules', '@aws-sdk')), join(modules, '@aws-sdk'))
  })
  // The examples share a server.
  afterAll(() => execute(postgres.url, 'drop owned by spillway cascade'))

  it('has the queues of the app, with their numbers', () => {
    const queues = of(template, 'AWS::SQS::Queue').map(({ Properties: queue }) => ({
      name: nameOf(queue.QueueName),
      retention: queue.MessageRetentionPeriod,
      deadLetterQueue: queue.RedrivePolicy && queueOf(template, queue.RedrivePolicy.deadLetterTargetArn),
      maxReceiveCount: queue.RedrivePolicy?.maxReceiveCount ?? 0,
      // The visibility time-out of a dead-letter queue does not matter.
      ...(queue.RedrivePolicy && { visibilityTimeout: queue.VisibilityTimeout }),
    }))
    const expected = app.queues.map(({ visibilityTimeout, ...queue }: AppQueue) =>
      queue.deadLetterQueue === undefined ? queue : { ...queue, visibilityTimeout },
    )
    expect(byName(queues)).toEqual(byName(expected))
    for (const { Properties: queue } of of(template, 'AWS::SQS::Queue'))
      expect(queue.FifoQueue === true, queue.QueueName['Fn::Sub']).toBe(
        nameOf(queue.QueueName).endsWith('.fifo'),
      )
  })

  it('has the streams of the app, with a retention of twice the age at which records are discarded', () => {
    const streams = of(template, 'AWS::Kinesis::Stream').map(({ Properties: stream }) => stream)
    expect(streams.map((stream) => ({ name: nameOf(stream.Name), shards: stream.ShardCount }))).toEqual(
      app.streams,
    )
    for (const { streamSource } of app.functions) {
      if (streamSource === undefined) continue
      const [stream] = streams.filter(({ Name }) => nameOf(Name) === streamSource.stream)
      expect(stream?.RetentionPeriodHours * 3600).toBeGreaterThanOrEqual(
        2 * streamSource.maximumRecordAgeInSeconds,
      )
    }
  })

  it('has the functions of the app, with their numbers', () => {
    const names = of(template, 'AWS::Serverless::Function').map(({ Properties }) =>
      Properties.CodeUri.replace('.build/', ''),
    )
    expect(names.sort()).toEqual([...app.functions.map((fn) => fn.name), 'migrate'].sort())
    for (const fn of app.functions) {
      const { Properties } = functionOf(template, fn.name)
      const all = { ...template.Globals.Function, ...Properties }
      expect({
        timeout: all.Timeout,
        memorySize: all.MemorySize,
        reservedConcurrency: all.ReservedConcurrentExecutions,
        routes: Object.values<Resource>(all.Events ?? {}).map(({ Properties: { Method, Path } }) => ({
          method: Method,
          path: Path,
        })),
        // Only functions that connect to the database are in its VPC.
        isInVpc: all.VpcConfig !== undefined,
      }).toEqual({
        timeout: fn.timeout,
        memorySize: fn.memorySize,
        reservedConcurrency: fn.reservedConcurrency,
        routes: fn.routes,
        isInVpc: fn.declared.usesDatabase,
      })
    }
  })

  it('sets exactly the environment variables of the functions', () => {
    for (const fn of app.functions) {
      const declared = Object.entries(
        functionOf(template, fn.name).Properties.Environment.Variables as Record<string, unknown>,
      ).map(([key, value]) => [key, resolved(template, value)])
      expect(Object.fromEntries(declared), fn.name).toEqual({
        ...fn.environment({
          queueUrl: (queue) => `queue ${queue}`,
          streamName: (stream) => `stream ${stream}`,
          // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's.
          databaseUrl: '{{resolve:secretsmanager:${DatabaseSecretArn}:SecretString:url}}',
        }),
        ...(fn.connections > 0 && {
          SPILLWAY_CONNECTIONS: String(fn.connections),
          NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem',
        }),
      })
    }
    const { CONNECTION_BUDGET } = functionOf(template, 'migrate').Properties.Environment.Variables
    expect(Number(CONNECTION_BUDGET)).toBe(app.database?.budget)
  })

  it('has the event source mappings of the app, with their numbers', () => {
    const mappings = of(template, 'AWS::Lambda::EventSourceMapping').map(({ Properties }) => Properties)
    const readers = app.functions.filter((fn) => fn.eventSource ?? fn.streamSource)
    expect(mappings.length).toBe(readers.length)
    for (const fn of readers) {
      const [mapping] = mappings.filter(
        ({ FunctionName }) => template.Resources[FunctionName.Ref] === functionOf(template, fn.name),
      )
      expect(numbersOf(template, mapping)).toEqual(expectedMapping(fn))
    }
  })

  it('allows each function exactly the actions and resources that it needs', () => {
    for (const fn of [...app.functions, { name: 'migrate' }]) {
      const role = functionOf(template, fn.name).Properties.Role['Fn::GetAtt'][0]
      const { Policies, ManagedPolicyArns } = template.Resources[role]?.Properties ?? {}
      expect(ManagedPolicyArns).toBeUndefined()
      const statements = Policies.flatMap(
        (policy: { PolicyDocument: { Statement: unknown } }) => policy.PolicyDocument.Statement,
      )
      expect(statements.map((statement: Statement) => allowed(statement)).sort(), fn.name).toEqual(
        permissions[name][fn.name as keyof (typeof permissions)[typeof name]],
      )
    }
  })

  if (!bundled.includes(name)) return

  it('deploys functions that load outside of the workspace, and migrations that can run repeatedly', async () => {
    const build = join(bundles, name, '.build')
    const environment = {
      PATH: process.env.PATH,
      AWS_REGION: 'us-east-1',
      DATABASE_URL: postgres.url,
      CONNECTION_BUDGET: String(app.database?.budget),
      QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/000000000000/queue',
      DEAD_LETTER_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/000000000000/queue-dlq',
      PARKED_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/000000000000/parked',
      STREAM_NAME: 'stream',
    }
    const run = async (code: string) => {
      const options = { cwd: build, env: environment }
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--input-type=module', '-e', code],
        options,
      )
      return JSON.parse(stdout)
    }
    const load = (fn: string) =>
      `(await import(${JSON.stringify(pathToFileURL(join(build, fn, 'index.mjs')).href)})).handler`
    const names = app.functions.map(({ name: fn }) => fn)
    const types = names.map((fn) => `typeof ${load(fn)}`)
    const migrate = `await (${load('migrate')})()`
    const { found, made, again } = await run(
      `console.log(JSON.stringify({ found: [${types}], made: ${migrate}, again: ${migrate} }))`,
    )
    expect(found).toEqual(names.map(() => 'function'))
    expect(made).toContain(`001-${{ orders: 'orders', ledger: 'ledger', telemetry: 'readings' }[name]}.sql`)
    expect(again).toEqual([])
    const client = await connect(postgres.functionsUrl)
    const { rows } = await client.query(
      "select rolconnlimit, (select count(*)::int from spillway_parked) as parked from pg_roles where rolname = 'app'",
    )
    await client.end()
    expect(rows).toEqual([{ rolconnlimit: app.database?.budget, parked: 0 }])
  })
})

interface Statement {
  readonly Action: string | readonly string[]
  readonly Resource: unknown
}

const network =
  'ec2:CreateNetworkInterface ec2:DescribeNetworkInterfaces ec2:DescribeSubnets ec2:DeleteNetworkInterface ' +
  'ec2:AssignPrivateIpAddresses ec2:UnassignPrivateIpAddresses on *'
const logs = 'logs:CreateLogStream logs:PutLogEvents on Logs.Arn'
const receive = 'sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes sqs:ChangeMessageVisibility'

const ofQueue = (queue: string, deadLetterQueue: string) => ({
  ingest: [logs, `sqs:SendMessage on ${queue}.Arn`],
  bulk: [logs, `sqs:SendMessage on ${queue}.Arn`],
  write: [network, logs, `${receive} on ${queue}.Arn`, `sqs:SendMessage on ${deadLetterQueue}.Arn`],
  status: [network, logs],
  migrate: [network, logs],
})

/** The permissions of each function. */
const permissions = {
  orders: ofQueue('OrdersQueue', 'OrdersDeadLetterQueue'),
  ledger: ofQueue('TransfersQueue', 'TransfersDeadLetterQueue'),
  telemetry: {
    ingest: ['kinesis:PutRecords on ReadingsStream.Arn', logs],
    bulk: ['kinesis:PutRecords on ReadingsStream.Arn', logs],
    write: [
      network,
      'kinesis:DescribeStream kinesis:DescribeStreamSummary kinesis:GetRecords kinesis:GetShardIterator ' +
        'kinesis:ListShards kinesis:SubscribeToShard on ReadingsStream.Arn',
      'kinesis:ListStreams on *',
      logs,
      's3:ListBucket on ReadingsFailedBucket.Arn',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's.
      's3:PutObject on ${ReadingsFailedBucket.Arn}/*',
      'sqs:SendMessage on ReadingsParkedQueue.Arn',
    ],
    migrate: [network, logs],
  },
}

function allowed({ Action, Resource: resource }: Statement): string {
  const where = Object(resource) as { 'Fn::GetAtt'?: readonly string[]; 'Fn::Sub'?: string }
  return `${[Action].flat().join(' ')} on ${where['Fn::GetAtt']?.join('.') ?? where['Fn::Sub'] ?? resource}`
}

/** A mapping of the template, with the app's name of its source and the type of its destination. */
function numbersOf(template: Template, mapping: Resource['Properties']) {
  const { FunctionName: _, EventSourceArn, DestinationConfig, ...numbers } = mapping
  const source = template.Resources[EventSourceArn['Fn::GetAtt'][0]]?.Properties
  const destination = DestinationConfig?.OnFailure.Destination['Fn::GetAtt'][0]
  return {
    source: nameOf(source.QueueName ?? source.Name),
    destination: destination && template.Resources[destination]?.Type,
    ...numbers,
  }
}

function expectedMapping({ eventSource, streamSource }: AppFunction) {
  const FunctionResponseTypes = ['ReportBatchItemFailures']
  if (streamSource === undefined) {
    return {
      source: eventSource?.queue,
      BatchSize: eventSource?.batchSize,
      MaximumBatchingWindowInSeconds: eventSource?.batchingWindow || undefined,
      ScalingConfig: { MaximumConcurrency: eventSource?.maximumConcurrency },
      FunctionResponseTypes,
    }
  }
  return {
    source: streamSource.stream,
    destination: 'bucket' in streamSource.onFailure ? 'AWS::S3::Bucket' : 'AWS::SQS::Queue',
    StartingPosition: 'TRIM_HORIZON',
    BatchSize: streamSource.batchSize,
    MaximumBatchingWindowInSeconds: streamSource.batchingWindow || undefined,
    ParallelizationFactor: streamSource.parallelizationFactor,
    BisectBatchOnFunctionError: streamSource.bisectBatchOnFunctionError,
    MaximumRetryAttempts: streamSource.maximumRetryAttempts,
    MaximumRecordAgeInSeconds: streamSource.maximumRecordAgeInSeconds,
    FunctionResponseTypes,
  }
}

function byName<T extends { readonly name: string }>(all: readonly T[]): readonly T[] {
  return [...all].sort((one, other) => (one.name < other.name ? -1 : 1))
}
