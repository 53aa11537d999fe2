// `npm start` runs examples/orders; `npm start -- NAME` runs another example.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { main } from '../packages/cli/src/main.ts'
import { endWithParent } from './end-with-parent.ts'

endWithParent()

const examples = join(import.meta.dirname, '..', 'examples')
const [name = 'orders', ...rest] = process.argv.slice(2)
const folder = join(examples, name)
if (existsSync(join(folder, 'spillway.config.ts'))) {
  process.exitCode = await main(['dev', folder, ...rest])
} else {
  console.error(
    `spillway: there is no example '${name}'. The examples are ${readdirSync(examples).sort().join(', ')}.`,
  )
  process.exitCode = 2
}
