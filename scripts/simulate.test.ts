import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { outageTable } from '../packages/simulator/src/index.ts'
import { page, tableIn } from './simulate.ts'

it('has the table of outages in docs/batch.md that a simulation gives now: `npm run simulate -- --write`', async () => {
  const text = await readFile(page, 'utf8')
  const [, before, after] = tableIn.exec(text) ?? []
  expect(text).toContain(`${before}${await outageTable()}\n${after}`)
}, 180_000)
