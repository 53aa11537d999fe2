import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { byState as byMysqlState, byNumber } from '../dialects/mysql/mysql-failures.ts'
import { byState, byStateClass } from '../dialects/postgres/postgres-failures.ts'
import type { Failure } from './failure.ts'

const docs = readFileSync(new URL('../../../../docs/kysely.md', import.meta.url), 'utf8')

/** The rows of the table below a heading: the first column, and the failure. */
function rowsOf(heading: string): (readonly [string, string])[] {
  const [, after = ''] = docs.split(`## ${heading}\n`)
  const [section = ''] = after.split('\n## ')
  return [...section.matchAll(/^\| (.+?) \| `(\w+)` \|$/gm)].map(([, codes = '', failure = '']) => [
    codes,
    failure,
  ])
}
const entriesOf = (rows: readonly (readonly [string, string])[], pattern: RegExp) =>
  rows.flatMap(([codes, failure]) => [...codes.matchAll(pattern)].map(([, code]) => [code, failure] as const))
const sorted = (entries: Iterable<readonly [unknown, unknown]>) =>
  [...entries].map(([code, failure]) => `${code} ${failure}`).toSorted()

it('lists each SQLSTATE of Postgres in the code, and no other', () => {
  const rows = rowsOf('SQLSTATEs of Postgres')
  const isClass = ([codes]: readonly [string, string]) => codes.startsWith('class')
  expect(
    sorted(
      entriesOf(
        rows.filter((row) => !isClass(row)),
        /`(\w{5})`/g,
      ),
    ),
  ).toEqual(sorted(byState))
  expect(sorted(entriesOf(rows.filter(isClass), /`(\w\w)`/g))).toEqual(sorted(byStateClass))
  expect(rows.at(-1)).toEqual(['any other', 'unknown'])
})

it('lists each number and state of MySQL and MariaDB in the code, and no other', () => {
  const rows = rowsOf('Numbers of MySQL and MariaDB')
  expect(sorted(entriesOf(rows, /(?<![`\d])(\d{3,4})(?![`\d])/g))).toEqual(sorted(byNumber))
  // A pattern for two classes stands for both.
  const states = byMysqlState.flatMap(([{ source }, failure]) => {
    const [, first = '', second] = /^\^(\w*)(?:\[(\d+)\])?$/.exec(source) ?? []
    return (second === undefined ? [''] : [...second]).map((last) => [`${first}${last}`, failure] as const)
  })
  expect(sorted(entriesOf(rows, /`(\w+)…?`/g))).toEqual(sorted(states))
  expect(rows.at(-1)).toEqual(['any other', 'unknown'])
})

it('describes the outcome of a record for each failure', () => {
  const failures: Readonly<Record<Failure, true>> = {
    saturation: true,
    busy: true,
    connection: true,
    transient: true,
    locked: true,
    tooSlow: true,
    server: true,
    systemic: true,
    fault: true,
    permanent: true,
    ordering: true,
    duplicate: true,
    unknown: true,
  }
  const [, section = ''] = docs.split('## What becomes of a record\n')
  const [table = ''] = section.split('\n## ')
  expect([...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, failure]) => failure)).toEqual(Object.keys(failures))
})
