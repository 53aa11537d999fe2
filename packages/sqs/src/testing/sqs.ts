import type { SendMessageBatchRequestEntry, SendMessageRequest } from '@aws-sdk/client-sqs'
import { SQSClient } from '@aws-sdk/client-sqs'
import type { QueueEngine } from '@spillway/local/testing'
import type { TimeLimit } from '@spillway/message'
import { onTestFinished, vi } from 'vitest'
import type { SqsClient } from '../client.ts'

/** The SDK's own client, against an embedded queue. */
export function clientOf({ endpoint, region }: Pick<QueueEngine, 'endpoint' | 'region'>): SQSClient {
  return new SQSClient({
    endpoint,
    region,
    maxAttempts: 1,
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
  })
}

/** Lets clients that find their configuration themselves find that of an endpoint, until the test is over. */
export function configureSdk({ endpoint, region }: Pick<QueueEngine, 'endpoint' | 'region'>): void {
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', endpoint)
  vi.stubEnv('AWS_REGION', region)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'x')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'y')
  onTestFinished(() => void vi.unstubAllEnvs())
}

/** A limit with so much time that it plays no part. */
export function ample(): TimeLimit {
  return { signal: new AbortController().signal, remainingTime: () => 60_000 }
}

type Fault = (command: Command, forward: () => Promise<unknown>) => Promise<unknown>
type Command = Parameters<SqsClient['send']>[0]

/** What a request sends: the entries of a batch, or its only message. */
export function entriesOf({ input }: Command): readonly Partial<SendMessageBatchRequestEntry>[] {
  const { Entries } = input as { readonly Entries?: readonly SendMessageBatchRequestEntry[] }
  return Entries ?? [input as SendMessageRequest]
}

/** A client whose calls go through faults, one for each call in turn; later calls go straight through. */
export function faulty(client: SQSClient, ...faults: Fault[]): SqsClient & { readonly calls: Command[] } {
  const calls: Command[] = []
  async function send(command: Command, options?: object): Promise<unknown> {
    calls.push(command)
    const forward = () => client.send(command as never, options as never)
    return (faults[calls.length - 1] ?? ((_, go) => go()))(command, forward)
  }
  return { calls, send: send as SqsClient['send'] }
}
