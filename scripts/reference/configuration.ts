import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { OptionRule } from '../../packages/message/src/internal.ts'
import { appRules, databaseRules, functionRules } from '../../packages/planner/src/define-app.ts'
import { queueRules } from '../../packages/planner/src/define-queue.ts'
import { streamRules } from '../../packages/planner/src/define-stream.ts'
import {
  type AppOptions,
  type DatabaseOptions,
  defineApp,
  type FunctionOptions,
  type QueueOptions,
  type StreamOptions,
} from '../../packages/planner/src/index.ts'
import { root } from '../workspace.ts'
import { type Blocks, code } from './blocks.ts'
import { membersOf } from './members.ts'

/** Facts about an option that are not in the source of the planner. */
export interface OptionFacts {
  readonly unit?: string
  /** The default in words, if it is not a value that `defineApp` sets. */
  readonly default?: string
  /** The ids of the checks that read the option. */
  readonly checks?: readonly string[]
}

/** An option without an entry is a compile error. */
type Facts<Options> = { readonly [Name in keyof Required<Options>]: OptionFacts }

const app: Facts<AppOptions> = {
  name: {},
  database: { default: 'no database', checks: ['E9'] },
  queues: { default: 'the queues that functions read, with their dead-letter queues' },
  streams: {},
  functions: {},
  example: {},
}

const database: Facts<DatabaseOptions> = {
  engine: { checks: ['E9', 'W22'] },
  maxConnections: { unit: 'connections', checks: ['E9'] },
  reserved: { unit: 'connections', checks: ['E9', 'W22'] },
  budget: { unit: 'connections', default: '`maxConnections` - `reserved`', checks: ['E9', 'W23', 'W24'] },
  connectionLimit: { checks: ['E9', 'W23', 'W24', 'W25'] },
  idleSessionTimeout: { unit: 's', checks: ['W25'] },
  migrations: {},
  settings: { default: 'none' },
}

const queue: Facts<QueueOptions> = {
  visibilityTimeout: {
    unit: 's',
    default: '6 × `timeout` of the reader + its `batchingWindow`',
    checks: ['E1'],
  },
  maxReceiveCount: { unit: 'receives', checks: ['W28'] },
  retention: {
    unit: 's',
    default: '`345600` with a dead-letter queue, `1209600` without one',
    checks: ['W29'],
  },
  deadLetterQueue: { default: '`<name>-dlq`, with `.fifo` at the end for a FIFO queue', checks: ['E5'] },
}

const stream: Facts<StreamOptions> = {
  shards: { unit: 'shards', checks: ['E9', 'W23', 'W24'] },
}

const fn: Facts<FunctionOptions> = {
  entry: {},
  handler: {},
  timeout: { unit: 's', checks: ['E1', 'W25'] },
  memorySize: { unit: 'MB' },
  http: { default: 'no route', checks: ['E9', 'E11'] },
  queue: {},
  stream: {},
  batchSize: { unit: 'records', checks: ['E2', 'E3'] },
  batchingWindow: { unit: 's', checks: ['E2', 'E3'] },
  maximumConcurrency: { unit: 'invocations', default: 'no limit', checks: ['E9', 'E11', 'W23', 'W24'] },
  parallelizationFactor: { unit: 'invocations a shard', checks: ['E9', 'W23', 'W24'] },
  bisectBatchOnFunctionError: {},
  maximumRetryAttempts: { unit: 'retries', checks: ['W27'] },
  maximumRecordAgeInSeconds: { unit: 's', checks: ['W27'] },
  onFailure: { default: 'the bucket `<stream>-failed`', checks: ['E5'] },
  reservedConcurrency: { unit: 'invocations', default: 'none', checks: ['E9', 'E11', 'W23', 'W24'] },
  provisionedConcurrency: { unit: 'environments', default: 'none', checks: ['E9', 'E11', 'W23', 'W24'] },
  connections: { unit: 'connections', checks: ['E9', 'W23', 'W24', 'W26'] },
  environment: { default: 'none', checks: ['E9'] },
}

interface Section {
  /** The path before the name of an option in the definition. */
  readonly path: string
  readonly type: string
  readonly facts: Readonly<Record<string, OptionFacts>>
  readonly rules: Readonly<Record<string, OptionRule>>
  /** The values that `defineApp` sets. An option may have one for a queue and another for a stream. */
  readonly filled: readonly object[]
}

const sections = sectionsOf()

/** The description of each option, by section. */
export const configurationBlocks: Blocks = Object.fromEntries(
  Object.entries(sections).map(([name, section]) => [`options-of-${name}`, describe(name, section)]),
)

/** The facts of all options. */
export const optionFacts: readonly OptionFacts[] = Object.values(sections).flatMap(({ facts }) =>
  Object.values(facts),
)

function sectionsOf(): Readonly<Record<string, Section>> {
  const sample = defineApp({
    name: 'sample',
    database: { engine: 'postgres', maxConnections: 100 },
    streams: { clicks: { shards: 1 } },
    functions: {
      fromQueue: { entry: 'write.ts', queue: 'orders' },
      fromStream: { entry: 'write.ts', stream: 'clicks' },
    },
  })
  const [fromQueue, fromStream] = sample.functions
  const read = sample.queues.filter(({ deadLetterQueue }) => deadLetterQueue !== undefined)
  return {
    app: { path: '', type: 'AppOptions', facts: app, rules: appRules, filled: [] },
    database: {
      path: 'database.',
      type: 'DatabaseOptions',
      facts: database,
      rules: databaseRules,
      filled: [sample.database ?? {}],
    },
    functions: {
      path: 'functions.<name>.',
      type: 'FunctionOptions',
      facts: fn,
      rules: functionRules,
      filled: [
        { ...fromQueue, ...fromQueue?.eventSource },
        { ...fromStream, ...fromStream?.streamSource },
      ],
    },
    queues: { path: 'queues.<name>.', type: 'QueueOptions', facts: queue, rules: queueRules, filled: read },
    streams: {
      path: 'streams.<name>.',
      type: 'StreamOptions',
      facts: stream,
      rules: streamRules,
      filled: [],
    },
  }
}

function describe(section: string, { path, type, facts, rules, filled }: Section): string {
  const source = readFileSync(join(root, 'packages/planner/src/app.ts'), 'utf8')
  return membersOf(source, type)
    .map(({ name, doc }) => {
      const { unit, checks = [], default: words } = facts[name] ?? {}
      const rule = rules[name]
      const isRequired = rule?.required === true
      return [
        `### \`${path}${name}\` {#${section}-${name.toLowerCase()}}`,
        '',
        doc,
        '',
        `- **Value**: ${rule?.expected}`,
        ...(unit === undefined ? [] : [`- **Unit**: ${unit}`]),
        `- **Default**: ${isRequired ? 'none, the option is required' : (words ?? filledIn(name, filled))}`,
        ...(checks.length === 0 ? [] : [`- **Checks**: ${checks.map(toLink).join(', ')}`]),
      ].join('\n')
    })
    .join('\n\n')
}

function toLink(id: string): string {
  return `[${id}](checks.md#${id.toLowerCase()})`
}

/** The default that `defineApp` sets. */
function filledIn(name: string, filled: readonly object[]): string {
  const values = filled.map((object) => (object as Record<string, unknown>)[name])
  const known = values.filter((value) => value !== undefined && typeof value !== 'object')
  const [first, second] = known
  if (first === undefined) return 'none'
  if (second === undefined || second === first) return code(String(first))
  return `${code(String(first))} for a queue, ${code(String(second))} for a stream`
}
