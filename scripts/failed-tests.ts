import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { Reporter, SerializedError, TestCase, TestModule, TestSuite } from 'vitest/node'
import { root } from './workspace.ts'

/** How many lines of an error are kept. The first lines are the most useful. */
const linesOfError = 15
/** How many failures are written with their errors; of the others only the name is written. */
const detailed = 8

/**
 * A reporter of Vitest that writes each failed test into a file: its file, its name and the beginning of its errors. CI
 * prints this file last, because it keeps only the end of a log.
 *
 * @param path - the path of the file. Default: the environment variable `SPILLWAY_FAILED_TESTS`; if it is not set,
 * nothing is written.
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
  // These are failed imports and hooks.
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
