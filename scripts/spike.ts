// `npm run spike` floods the two designs of examples/orders.
import { join } from 'node:path'
import { main } from '../packages/cli/src/main.ts'
import { endWithParent } from './end-with-parent.ts'

endWithParent()

process.exitCode = await main([
  'spike',
  join(import.meta.dirname, '..', 'examples', 'orders'),
  ...process.argv.slice(2),
])
