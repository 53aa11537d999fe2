import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { type OutageLine, outageTable } from '../packages/simulator/src/index.ts'
import { page, tableIn } from './simulate.ts'

// Simulating all lines takes minutes on a busy machine. Three quick lines show that the table comes from this code.
const isQuick = ({ outage, settings }: OutageLine) =>
  outage === 'down for a minute' ||
  settings === '`maxReceiveCount` 5' ||
  (outage === 'read-only for 10 minutes' && settings.includes('breaker'))

it('has the current results of the simulation in docs/concepts/outages.md: `npm run simulate -- --write`', async () => {
  const table = tableIn.exec(await readFile(page, 'utf8'))?.[0] ?? ''
  const [, , ...rows] = table.match(/^\|.*/gm) ?? []
  expect(rows).toHaveLength(16)
  const simulated = (await outageTable(isQuick)).match(/^\|.*/gm) ?? []
  expect(simulated).toHaveLength(2 + 3)
  for (const line of simulated) expect(table).toContain(line)
}, 60_000)
