import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { SpikeFigures } from '../packages/cli/src/spike/report.ts'
import { figuresFile, spikeDocs } from './spike-docs.ts'
import { root } from './workspace.ts'

const read = (path: string) => readFile(join(root, path), 'utf8')

it('has the figures of one run in all files of the documentation: `npm run spike -- --render` writes them', async () => {
  const figures: SpikeFigures = JSON.parse(await read(figuresFile))
  for (const [path, text] of await spikeDocs(figures, read)) expect(await read(path), path).toBe(text)
})

it('shows a run in which only one of the designs loses writes', async () => {
  const { synchronous, buffered }: SpikeFigures = JSON.parse(await read(figuresFile))
  expect(synchronous.failed / synchronous.sent).toBeGreaterThan(0.2)
  expect(buffered).toMatchObject({ accepted: buffered.sent, failed: 0, lost: 0, refusedConnections: 0 })
  expect(synchronous.lost).toBe(0)
})
