// `npm run spike` floods the two designs of examples/orders. `--write` writes the results into the documentation, and
// `--render` writes those files again from the last results.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { UsageError } from '../packages/cli/src/arguments.ts'
import { main } from '../packages/cli/src/main.ts'
import { parseSpike } from '../packages/cli/src/spike/parse-spike.ts'
import { type SpikeFigures, toTable } from '../packages/cli/src/spike/report.ts'
import { measureSpike } from '../packages/cli/src/spike/spike.ts'
import { endWithParent } from './end-with-parent.ts'
import { figuresFile, spikeDocs } from './spike-docs.ts'
import { root } from './workspace.ts'

endWithParent()

const example = join(root, 'examples', 'orders')
const args = process.argv.slice(2)
const rest = args.filter((argument) => argument !== '--write' && argument !== '--render')

if (args.includes('--render')) await write(JSON.parse(await readFile(join(root, figuresFile), 'utf8')))
else if (args.includes('--write')) await measureAndWrite()
else process.exitCode = await main(['spike', example, ...rest])

async function measureAndWrite(): Promise<void> {
  try {
    const figures = await measureSpike(example, parseSpike(rest))
    await write(figures)
    console.log(toTable(figures))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(error.message)
    process.exitCode = 2
  }
}

async function write(figures: SpikeFigures): Promise<void> {
  const pages = (path: string) => readFile(join(root, path), 'utf8')
  for (const [path, text] of await spikeDocs(figures, pages)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
    console.error(`wrote ${path}`)
  }
}
