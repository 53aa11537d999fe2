// The process of `queue-server.ts`. It runs queues until its parent disconnects.
import { startQueues } from '@spillway/local/testing'

const settings = { visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 3 }
const queues = process.argv.slice(2).map((name) => ({ name, ...settings }))
const { endpoint, region } = await startQueues({ queues })
process.send?.({ endpoint, region })
process.on('disconnect', () => process.exit(0))
