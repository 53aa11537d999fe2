import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../workspace.ts'
import { type Blocks, code } from './blocks.ts'
import type { Factory } from './factories/factory.ts'
import { factories } from './factories/index.ts'
import { type Member, membersOf, toText } from './members.ts'
import { type CallFactory, checksOf, type OptionCheck } from './option-checks.ts'
import { unitOf } from './option-units.ts'

/** An option of a page. */
export interface OptionEntry extends Member {
  /** Whether its type is a type parameter of the interface. Such a name is not shown. */
  readonly isParameter: boolean
  readonly check: OptionCheck | undefined
}

/** A factory with its options, in the order of its interfaces. */
export interface FactoryEntry {
  readonly factory: Factory
  readonly options: readonly OptionEntry[]
  /** The names of all options of the factory, including internal ones. Empty if it does not check its options. */
  readonly names: readonly string[]
}

/** The factories with their options, by page. */
export const optionEntries: Readonly<Record<string, readonly FactoryEntry[]>> = Object.fromEntries(
  await Promise.all(
    Object.entries(factories).map(
      async ([page, some]) => [page, await Promise.all(some.map(entryOf))] as const,
    ),
  ),
)

/** The sections of the factories, by page. */
export const optionBlocks: Blocks = Object.fromEntries(
  Object.entries(optionEntries).map(([page, entries]) => [
    `options-${page}`,
    entries.map(describe).join('\n\n'),
  ]),
)

async function entryOf(factory: Factory): Promise<FactoryEntry> {
  const { interfaces, call, samples = {} } = factory
  const checks = call === undefined ? [] : await checksOf(call as CallFactory, samples)
  const members = interfaces.flatMap(([file, name]) => {
    const source = readFileSync(join(root, 'packages', file), 'utf8')
    const parameters = parametersOf(source, name)
    return membersOf(source, name).map((member) => ({
      ...member,
      isParameter: parameters.has(member.type),
    }))
  })
  const options = members
    // An interface may describe an option differently from the interface that it extends.
    .filter(({ name }, index) => members.findIndex((one) => one.name === name) === index)
    .filter(({ isInternal }) => !isInternal)
    // It may also omit the option.
    .filter(({ name }) => call === undefined || checks.some((check) => check.name === name))
    .map((member) => ({ ...member, check: checks.find(({ name }) => name === member.name) }))
  return { factory, options, names: checks.map(({ name }) => name) }
}

/** The names of the type parameters of an interface. */
function parametersOf(source: string, name: string): ReadonlySet<string> {
  const list =
    new RegExp(`^export interface ${name}<([\\s\\S]*?)> (?:extends|\\{)`, 'm').exec(source)?.[1] ?? ''
  return new Set([...list.matchAll(/(?:^|,)\s*(?:const )?(\w+)/g)].map(([, parameter = '']) => parameter))
}

function describe({ factory, options }: FactoryEntry): string {
  const { name, variant = '', from } = factory
  const id = `${name}${variant === '' ? '' : `-${variant}`}`.toLowerCase().replaceAll(' ', '-')
  return [
    `## ${code(name)}${variant === '' ? '' : ` ${variant}`} {#${id}}`,
    '',
    summaryOf(factory),
    '',
    `From ${code(from)}.`,
    ...options.map((option) => describeOption(id, name, option)),
  ].join('\n')
}

function describeOption(id: string, factory: string, option: OptionEntry): string {
  const { name, type, isOptional, isParameter, check } = option
  const { text, standard } = takeDefault(option.text)
  const isRequired = check?.isRequired ?? !isOptional
  const unit = unitOf(factory, option)
  return [
    '',
    `### ${code(name)} {#${id}-${name.toLowerCase()}}`,
    '',
    ...(text === '' ? [] : [text, '']),
    ...(isParameter ? [] : [`- **Type**: ${code(type.replace(/ \| undefined$/, ''))}`]),
    ...(check === undefined
      ? []
      : [
          `- **Value**: ${check.expected.replaceAll(/\b\d{5,}\b/g, (digits) => Number(digits).toLocaleString('en'))}`,
        ]),
    ...(unit === undefined ? [] : [`- **Unit**: ${unit}`]),
    `- **Default**: ${isRequired ? 'none, the option is required' : standard}`,
  ].join('\n')
}

/** The default that a docstring names. A last sentence that only names the default is removed from the docstring. */
export function takeDefault(text: string): { readonly text: string; readonly standard: string } {
  const found = /(?:^|(?<=\s))Default(:?) ((?:`[^`]*`|[^`.]|\.(?!\s|$))+)\.(?=\s|$)/.exec(text)
  if (found === null) return { text, standard: 'none' }
  const [sentence, colon, words = ''] = found
  // `Default 5: a reason` names a value, `Default: a client` describes one.
  const [value = '', reason] = colon === '' ? words.split(/: (?=[^`]*(?:`[^`]*`[^`]*)*$)/) : [words]
  if (reason !== undefined) return { text, standard: value }
  const before = text.slice(0, found.index).trim()
  const after = text.slice(found.index + sentence.length).trim()
  return { text: after === '' ? before : text, standard: value }
}

/** The first paragraph of the docstring of a factory. */
function summaryOf({ name, interfaces }: Factory): string {
  const folder = interfaces[0]?.[0].split('/')[0] ?? ''
  const declared = new RegExp(`/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\nexport (?:async )?function ${name}\\b`)
  const sources = globSync(`packages/${folder}/src/**/*.ts`, { cwd: root }).filter(
    (file) => !/\.(?:test|test-d|bench)\.ts$/.test(file),
  )
  const [doc] = sources.flatMap((file) => declared.exec(readFileSync(join(root, file), 'utf8'))?.[1] ?? [])
  if (doc === undefined) throw new Error(`there is no docstring of ${name}`)
  return toText(doc.split(/^\s*\* ?@/m)[0] ?? '').split('\n\n')[0] ?? ''
}
