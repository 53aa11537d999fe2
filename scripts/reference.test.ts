import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { usage } from '../packages/cli/src/usage.ts'
import { counters, durations } from '../packages/message/src/telemetry.ts'
import { appRules, databaseRules, functionRules } from '../packages/planner/src/define-app.ts'
import { queueRules } from '../packages/planner/src/define-queue.ts'
import { streamRules } from '../packages/planner/src/define-stream.ts'
import { awsLimits } from './reference/aws-limits.ts'
import { fillBlocks, namesOf, toTable } from './reference/blocks.ts'
import { checkExamples } from './reference/check-examples.ts'
import { messagesOf } from './reference/checks.ts'
import { optionFacts } from './reference/configuration.ts'
import { failureRows } from './reference/failure-matrix.ts'
import { generatedBlocks } from './reference/generated.ts'
import { httpAnswers } from './reference/http-answers.ts'
import { logFields } from './reference/log-lines.ts'
import { membersOf } from './reference/members.ts'
import { countedOptions, unitOf } from './reference/option-units.ts'
import { optionEntries, takeDefault } from './reference/options.ts'
import { root } from './workspace.ts'

const read = (path: string) => readFileSync(join(root, path), 'utf8')
const sourcesOf = (folder: string) =>
  globSync(`packages/${folder}/src/**/*.ts`, { cwd: root })
    .filter((name) => !/\.(?:test|test-d|bench)\.ts$|\/testing\//.test(name))
    .map(read)
    .join('\n')
const pages = globSync('docs/**/*.md', {
  cwd: root,
  exclude: ['docs/node_modules', 'docs/.vitepress', 'docs/reference/api', 'docs/reference/changelog.md'],
})

it('has up-to-date generated parts in the pages of the reference: `npm run reference -- --write`', () => {
  for (const page of pages) expect(fillBlocks(read(page), generatedBlocks), page).toBe(read(page))
})

it('has each generated part in exactly one page', () => {
  const names = pages.flatMap((page) => namesOf(read(page)))
  expect(names.sort()).toStrictEqual(Object.keys(generatedBlocks).sort())
})

describe('options of defineApp', () => {
  it.each([
    ['AppOptions', appRules],
    ['DatabaseOptions', databaseRules],
    ['QueueOptions', queueRules],
    ['StreamOptions', streamRules],
    ['FunctionOptions', functionRules],
  ])('are all found in the source: %s', (type, rules) => {
    const members = membersOf(read('packages/planner/src/app.ts'), type)
    expect(members.map(({ name }) => name).sort()).toStrictEqual(Object.keys(rules).sort())
    for (const { name, doc } of members) expect(doc, name).not.toBe('')
  })

  it('name their checks: all existing checks, and no others', () => {
    const named = new Set(optionFacts.flatMap(({ checks = [] }) => checks))
    expect([...named].sort()).toStrictEqual(Object.keys(checkExamples).sort())
  })
})

describe('options of the other factories', () => {
  const entries = Object.values(optionEntries).flat()

  it('are those of all functions of the packages that check options, and of no others', () => {
    const folders = 'batch breaker ingest kinesis kysely local message sqs telemetry transport'.split(' ')
    const checking = folders.flatMap((folder) =>
      [...sourcesOf(folder).matchAll(/checkOptions\(\s*'(\w+)'/g)].map(([, name]) => name as string),
    )
    // This function checks an event source mapping, whose options come from the app definition.
    const internal = ['startStreamSource']
    const expected = new Set(checking.filter((name) => !internal.includes(name)))
    const shown = entries.filter(({ factory }) => factory.call !== undefined)
    const names = new Set(shown.map(({ factory }) => factory.name))
    expect([...names].sort()).toStrictEqual([...expected].sort())
  })

  it.each(entries.map((entry) => [`${entry.factory.name} ${entry.factory.variant ?? ''}`, entry] as const))(
    'are those that the code accepts, without internal ones: %s',
    (_, { factory, options, names }) => {
      const declared = factory.interfaces.flatMap(([file, name]) => membersOf(read(`packages/${file}`), name))
      const internal = new Set(declared.filter(({ isInternal }) => isInternal).map(({ name }) => name))
      const shown = options.map(({ name }) => name)
      const taken = factory.call === undefined ? declared.map(({ name }) => name) : names
      expect(shown.toSorted()).toStrictEqual(taken.filter((name) => !internal.has(name)).sort())
      // Tests of users may pass a clock to the local Kinesis. All other clocks are internal.
      if (factory.name !== 'startStreams') expect(shown).not.toContain('clock')
      expect(shown).not.toContain('random')
    },
  )

  it('have a docstring, and a unit if they are numbers', () => {
    for (const { factory, options } of entries)
      for (const option of options) {
        const name = `${factory.name}.${option.name}`
        expect(option.text, name).not.toBe('')
        if (!/\bnumber\b/.test(option.type) || /\.(?:port|databaseSettings)$/.test(name)) continue
        expect(unitOf(factory.name, option), name).toBeDefined()
      }
  })

  it('have units in the table only if they exist', () => {
    const names = entries.flatMap(({ factory, options }) =>
      options.map(({ name }) => `${factory.name}.${name}`),
    )
    expect(countedOptions.filter((name) => !names.includes(name))).toStrictEqual([])
  })

  it('are required by the check if the type requires them', () => {
    for (const { factory, options } of entries)
      for (const { name, isOptional, check } of options)
        if (check !== undefined) expect(check.isRequired, `${factory.name}.${name}`).toBe(!isOptional)
  })

  it.each([
    ['Attempts, 1 to 10. Default 4.', 'Attempts, 1 to 10.', '4'],
    ['Waits. Default true: waiting costs time.', 'Waits. Default true: waiting costs time.', 'true'],
    ['Default: a client. It retries.', 'Default: a client. It retries.', 'a client'],
    [
      'Delay. Default `{ base: 30, cap: 90 }`. More.',
      'Delay. Default `{ base: 30, cap: 90 }`. More.',
      '`{ base: 30, cap: 90 }`',
    ],
    ['None is said.', 'None is said.', 'none'],
  ])('have the default of their docstring: %s', (doc, text, standard) => {
    expect(takeDefault(doc)).toStrictEqual({ text, standard })
  })
})

describe('checks', () => {
  const found = [...sourcesOf('planner').matchAll(/(?:\bid: |\bproblem\(\s*)'([EW]\d+)'/g)].map(
    ([, id]) => id as string,
  )

  it('are those of the code, with an example for each message of the code', () => {
    const examples = Object.entries(checkExamples).flatMap(([id, { examples }]) => examples.map(() => id))
    expect(examples.sort()).toStrictEqual(found.sort())
  })

  it.each(Object.keys(checkExamples))('have examples with a different message each: %s', (id) => {
    const said = (checkExamples[id]?.examples ?? []).map((example) => messagesOf(id, example))
    expect(said.map((messages) => messages.length)).toStrictEqual(said.map(() => 1))
    const withoutNumbers = said.map(([message = '']) => message.replaceAll(/\d+/g, '0'))
    expect(new Set(withoutNumbers).size).toBe(said.length)
  })

  it('are named in the docs only if they exist', () => {
    for (const page of pages) {
      const named = [...read(page).matchAll(/`([EW]\d{1,2})`/g)].map(([, id]) => id as string)
      expect(
        named.filter((id) => !(id in checkExamples)),
        page,
      ).toStrictEqual([])
    }
  })
})

it('names in the docs only metrics that exist', () => {
  const known = new Set([...Object.keys(counters), ...Object.keys(durations)])
  for (const page of pages) {
    const named = [...read(page).matchAll(/`(spillway\.(?:ingest|send|batch)\.\w+)`/g)].map(
      ([, name]) => name as string,
    )
    expect(
      named.filter((name) => !known.has(name)),
      page,
    ).toStrictEqual([])
  }
})

it('describes each metric', () => {
  for (const line of `${generatedBlocks.counters}\n${generatedBlocks.durations}`.split('\n'))
    expect(line).not.toMatch(/\|\s*\|$/)
})

it('lists in the usage the flags of the command line, and no others', () => {
  const flags = [...sourcesOf('cli').matchAll(/[\s{]'?([a-z][\w-]*)'?: \{ type: '(?:string|boolean)'/g)].map(
    ([, name]) => `--${name}`,
  )
  const shown = usage.match(/--[a-z][\w-]*/g) ?? []
  expect([...new Set(shown)].sort()).toStrictEqual([...new Set(flags)].sort())
})

it('lists each response of the HTTP middlewares that has a code', () => {
  const made = [...sourcesOf('ingest').matchAll(/(?:new HttpError|\bown)\(\s*(\d{3}),\s*'(SPILLWAY_\w+)'/g)]
  const listed = new Set(httpAnswers.map(({ status, code }) => `${status} ${code}`))
  expect(made.length).toBeGreaterThan(15)
  expect(
    made.map(([, status, code]) => `${status} ${code}`).filter((pair) => !listed.has(pair)),
  ).toStrictEqual([])
  const codes = new Set([...sourcesOf('ingest').matchAll(/'(SPILLWAY_[A-Z_]+)'/g)].map(([, code]) => code))
  const thrown = [...sourcesOf('message').matchAll(/'(SPILLWAY_(?:KEY|GROUP)_INVALID)'/g)].map(
    ([, code]) => code,
  )
  const known = new Set([...codes, ...thrown])
  expect(httpAnswers.filter(({ code }) => !known.has(code))).toStrictEqual([])
})

it('finds each limit of AWS in the named file', () => {
  for (const { what, file, written } of awsLimits) expect(read(file), what).toContain(written)
})

it('finds the test of each row of the failure matrix', () => {
  expect(failureRows.length).toBeGreaterThanOrEqual(28)
  for (const { fault, test, title } of failureRows) expect(read(test), fault).toContain(title)
})

it('has a meaning for each field of a log line', () => {
  const table = read('docs/reference/logs.md').split('## Lines')[0] ?? ''
  expect([...logFields].filter((name) => !table.includes(`\`${name}\``))).toStrictEqual([])
})

it('has a meaning for each attribute of a parked copy', () => {
  for (const name of ['parked-in-queue', 'parked-of-stream'])
    for (const line of (generatedBlocks[name] ?? '').split('\n')) expect(line).not.toMatch(/\|\s*\|$/)
})

describe('a generated part', () => {
  const page = 'a\n<!-- generated: x -->\nold\n<!-- end of generated -->\nb'

  it('is replaced between its marks', () => {
    const filled = fillBlocks(page, { x: 'new $& $1\n' })
    expect(filled).toBe('a\n<!-- generated: x -->\n\nnew $& $1\n\n<!-- end of generated -->\nb')
    expect(fillBlocks(filled, { x: 'new $& $1' })).toBe(filled)
  })

  it('must have an existing name', () => {
    expect(() => fillBlocks(page, {})).toThrow("there is no generated block 'x'")
  })

  it('may be a table, with vertical bars and line breaks in its cells', () => {
    expect(toTable(['a', 'b'], [['1 | 2', 'two\n  lines']])).toBe(
      '| a | b |\n|---|---|\n| 1 \\| 2 | two lines |',
    )
  })
})

it('reads the properties of an interface with their docstrings', () => {
  const source = `export interface Some {
  /** One. */
  readonly one: string
  readonly two?: 'a' | 'b'
  /**
   * Three, see {@link Other}.
   *
   * More.
   */
  readonly three?: number
  /**
   * - one
   * - two
   *
   * @internal
   */
  four?(value: string): string | undefined
  readonly five: new (
    config: Config,
  ) => Pool
}
`
  expect(membersOf(source, 'Some')).toStrictEqual([
    { name: 'one', isOptional: false, type: 'string', doc: 'One.', text: 'One.', isInternal: false },
    { name: 'two', isOptional: true, type: "'a' | 'b'", doc: '', text: '', isInternal: false },
    {
      name: 'three',
      isOptional: true,
      type: 'number',
      doc: 'Three, see `Other`. More.',
      text: 'Three, see `Other`.\n\nMore.',
      isInternal: false,
    },
    {
      name: 'four',
      isOptional: true,
      type: '(value: string) => string | undefined',
      doc: '- one - two @internal',
      text: '- one\n- two',
      isInternal: true,
    },
    {
      name: 'five',
      isOptional: false,
      type: 'new (config: Config) => Pool',
      doc: '',
      text: '',
      isInternal: false,
    },
  ])
  expect(() => membersOf(source, 'Other')).toThrow('there is no interface Other')
})
