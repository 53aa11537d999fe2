import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'

/** The times in the column "against raw `unnest`" of a table of the benchmarks, by contestant. */
async function ratiosOf(heading: string): Promise<ReadonlyMap<string, number>> {
  const page = await readFile(new URL('../../benchmarks.md', import.meta.url), 'utf8')
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? ''
  const rows = [...section.matchAll(/^\| (.+?) \|[^|]+\|[^|]+\| ([\d.]+) × \|/gm)]
  return new Map(rows.map(([, name = '', ratio]) => [name, Number(ratio)]))
}

it('has one statement for 100 rows more than ten times as fast as one for each, as "Why buffer" says', async () => {
  const ratios = await ratiosOf('Writing batches of 100')
  const single = ratios.get('a statement for each row, each committed') ?? Number.NaN
  expect(single / (ratios.get('`kyselyWriter`') ?? Number.NaN)).toBeGreaterThan(10)
})
