import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { outageTable } from '../packages/simulator/src/index.ts'
import { page, tableIn } from './simulate.ts'

// The outages of an hour and more take a minute to simulate: those up to ten minutes show that the table is of this code.
it('has the table of outages in docs/batch.md that a simulation gives now: `npm run simulate -- --write`', async () => {
  const text = await readFile(page, 'utf8')
  const table = tableIn.exec(text)?.[0] ?? ''
  expect(table.match(/^\| down.*/gm)).toHaveLength(10)
  expect(table).toContain((await outageTable(10)).trimEnd())
}, 60_000)
