import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type LogLine, logLinesIn } from '../../docs/.vitepress/api/log-lines.ts'
import { manifestIn, packageNames, root } from '../workspace.ts'
import { code, toTable } from './blocks.ts'

/** The adaptors pass on the lines of other packages. */
const adaptors = /packages.(?:telemetry.src.(?:pino|powertools)|message.src.logger)\.ts$/

interface PackageLine extends LogLine {
  readonly name: string
}

const lines: readonly PackageLine[] = packageNames.flatMap((folder) => {
  const { name } = manifestIn('packages', folder)
  return globSync(`packages/${folder}/src/**/*.ts`, { cwd: root })
    .filter((file) => !/\.(?:test|test-d|bench)\.ts$|.testing./.test(file) && !adaptors.test(file))
    .sort()
    .flatMap((file) => logLinesIn(readFileSync(join(root, file), 'utf8')))
    .map((line) => ({ ...line, name }))
})

/** The lines that the packages write to the log of a function, each with its fields. */
export const logLineTable: string = toTable(
  ['package', 'level', 'line', 'fields'],
  lines.map(({ name, level, message, fields }) => [
    code(name),
    level,
    message === undefined ? '(differs)' : codeOf(message),
    fields.map(code).join(', '),
  ]),
)

/** Code that may contain backticks. */
function codeOf(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : code(text)
}

/** The names of all fields. */
export const logFields: ReadonlySet<string> = new Set(lines.flatMap(({ fields }) => fields))
