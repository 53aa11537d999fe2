import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { Reporter, SerializedError, TestCase, TestModule, TestSuite } from 'vitest/node'
import { root } from './workspace.ts'

/** The lines of an error's text that are kept: the beginning says what went wrong. */
const linesOfError = 15
/** The failures that are kept with their error; of the others the name is enough. */
const detailed = 8

/**
 * A reporter of Vitest that writes each failed test into a file: its file, its name and the beginning of its errors. CI
 * prints it as the last thing, because what it keeps of a log is the end.
 *
 * @param path - of the file. Default: the environment variable `SPILLWAY_FAILED_TESTS`; without it nothing is written.
 */
export function failedTests(path = process.env.SPILLWAY_FAILED_TESTS): Reporter {
  if (path === undefined) return {}
  return {
    onTestRunEnd(modules, unhandled) {
      const failures = [
        ...unhandled.map((error) => ({ name: 'outside of any test', errors: [error] })),
        ...modules.flatMap(failuresOf),
      ]
      writeFileSync(path, failures.map(describe).join(''))
    },
  }
}

interface Failure {
  readonly name: string
  readonly errors: readonly SerializedError[]
}

function failuresOf(module: TestModule): readonly Failure[] {
  const file = `[${module.project.name}] ${relative(root, module.moduleId)}`
  const failures: Failure[] = []
  const add = (name: string, errors: readonly SerializedError[]) => failures.push({ name, errors })
  // A file that cannot be imported, and a hook that throws.
  if (module.errors().length > 0) add(file, module.errors())
  for (const suite of module.children.allSuites()) {
    if (suite.errors().length > 0) add(nameIn(file, suite), suite.errors())
  }
  for (const test of module.children.allTests('failed')) add(nameIn(file, test), test.result().errors ?? [])
  return failures
}

const nameIn = (file: string, task: TestCase | TestSuite) => `${file} > ${task.fullName}`

function describe({ name, errors }: Failure, index: number): string {
  const lines = index < detailed ? errors.flatMap(linesOf).map((line) => `    ${line}`) : []
  return [`FAILED ${name}`, ...lines, ''].join('\n')
}

function linesOf({ name, message, stack, diff, cause }: SerializedError): readonly string[] {
  const frames = stack?.match(/^ *at .*$/gm) ?? []
  const own = frames.find((frame) => frame.includes(root) && !frame.includes('node_modules'))
  const because = cause === undefined ? [] : [`caused by ${cause.name}: ${cause.message}`]
  const text = [`${name ?? 'Error'}: ${message}`, ...because, typeof diff === 'string' ? diff : ''].join('\n')
  const lines = stripVTControlCharacters(text).split('\n').filter(Boolean).slice(0, linesOfError)
  return own === undefined ? lines : [...lines, own.trim().replace(root, '.')]
}
