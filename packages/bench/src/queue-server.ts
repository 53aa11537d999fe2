import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** An embedded SQS in another process, so that its work is not measured as work of the client. */
export interface QueueServer {
  readonly endpoint: string
  readonly region: string
  queueUrl(name: string): string
  stop(): Promise<void>
}

/** Starts it with some queues. */
export async function startQueueServer(...queues: readonly string[]): Promise<QueueServer> {
  const main = fileURLToPath(new URL('./queue-server-main.ts', import.meta.url))
  const child = fork(main, queues, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const started = await Promise.race([
    once(child, 'message').then(([message]) => message as { endpoint: string; region: string }),
    once(child, 'exit').then(([code]) => {
      throw new Error(`The queue server ended with ${code}.`)
    }),
  ])
  return {
    ...started,
    queueUrl: (name) => `${started.endpoint}/000000000000/${name}`,
    async stop() {
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}
