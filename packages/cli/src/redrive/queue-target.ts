import {
  ListDeadLetterSourceQueuesCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { SpillwayError, toError } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { type RedrivenMessage, redriveMessage } from '@spillway/sqs'
import { isMessageId } from '@spillway/transport'
import { findUrl, isUrl, type OpenQueue } from '../parked/open-queue.ts'
import { readQueueFacts } from '../parked/queue-facts.ts'
import { confirmAll } from './batch-requests.ts'
import type { CopyTarget, Outgoing, SendBack } from './copy-target.ts'

/**
 * Creates the target that sends copies to a queue.
 *
 * @param to its URL or local name. Default: the only queue that uses `source` as its dead-letter queue
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when there is not exactly one such queue, or when it is `source` itself;
 * `SPILLWAY_START_FAILED` when it cannot be read
 */
export async function queueTarget(
  source: OpenQueue,
  sourceArn: string | undefined,
  to: string | undefined,
  clock: Clock,
): Promise<CopyTarget> {
  const url = to === undefined ? await onlySource(source) : toUrl(source, to)
  const { arn } = await readQueueFacts(source.client, url)
  if (url === source.url || (arn !== undefined && arn === sourceArn)) {
    throw new SpillwayError(
      'SPILLWAY_OPTION_INVALID',
      'The copies are already in this queue: give another one with --to.',
    )
  }
  return {
    name: url,
    ordered: url.endsWith('.fifo'),
    send: (copies) => sendBack(source.client, url, copies, clock),
    close: () => undefined,
  }
}

function toUrl({ local }: OpenQueue, to: string): string {
  if (isUrl(to)) return to
  if (local !== undefined) return findUrl(local, to)
  throw new SpillwayError('SPILLWAY_OPTION_INVALID', `--to must be the URL of a queue, not '${to}'.`)
}

async function onlySource({ client, url }: OpenQueue): Promise<string> {
  const urls = await sourcesOf(client, url)
  const [only] = urls
  if (urls.length === 1 && only !== undefined) return only
  throw new SpillwayError(
    'SPILLWAY_OPTION_INVALID',
    urls.length === 0
      ? 'No queue uses it as its dead-letter queue: give a destination with --to, or with --to-stream for stream records.'
      : `Several queues use it as their dead-letter queue. Choose one with --to: ${urls.join(', ')}.`,
  )
}

async function sourcesOf(client: Pick<SQSClient, 'send'>, url: string): Promise<readonly string[]> {
  try {
    const command = new ListDeadLetterSourceQueuesCommand({ QueueUrl: url })
    return (await client.send(command)).queueUrls ?? []
  } catch (thrown) {
    const cause = toError(thrown)
    throw new SpillwayError(
      'SPILLWAY_START_FAILED',
      `The queues that use it as their dead-letter queue cannot be listed (${cause.name}: ${cause.message}): give --to.`,
      { cause },
    )
  }
}

/** A message to send, and the index of its copy. */
interface Ready {
  readonly place: number
  readonly message: RedrivenMessage
}

/** Sends copies in as few requests as possible. Never rejects. */
async function sendBack(
  client: Pick<SQSClient, 'send'>,
  QueueUrl: string,
  copies: readonly Outgoing[],
  clock: Clock,
): Promise<readonly SendBack[]> {
  const results: SendBack[] = copies.map(() => ({ sent: false, own: false, cause: 'it was not sent' }))
  const ready: Ready[] = []
  for (const [place, copy] of copies.entries()) {
    try {
      if (copy.copy.source === 'stream') throw ofStream()
      ready.push({
        place,
        message: await redriveMessage(copy.copy.message, { queueUrl: QueueUrl, body: copy.edited }),
      })
    } catch (thrown) {
      results[place] = { sent: false, own: true, cause: toError(thrown).message }
    }
  }
  for (const batch of bySize(ready)) {
    const newIds = new Map<string, string>()
    const causes = await confirmAll(
      batch.length,
      async (places) => {
        const Entries = places.flatMap((place) => {
          const one = batch[place]
          return one === undefined ? [] : [{ ...one.message.entry, Id: String(place) }]
        })
        const answer = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
        const confirmed = (answer.Successful ?? []).filter(({ MessageId }) => isMessageId(MessageId))
        for (const { Id = '', MessageId = '' } of confirmed) newIds.set(Id, MessageId)
        return { confirmed: confirmed.map(({ Id = '' }) => Id), failed: answer.Failed ?? [] }
      },
      clock,
    )
    for (const [place, { place: own }] of batch.entries()) {
      const cause = causes[place]
      results[own] =
        cause === undefined
          ? { sent: true, newId: newIds.get(String(place)) ?? '' }
          : { sent: false, ...cause }
    }
  }
  return results
}

function ofStream(): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_SEND_FAILED',
    'It is a copy of a stream record: send it back with --to-stream.',
  )
}

/** The most bytes of all messages in a batch request (Amazon SQS quotas). */
const maxBytes = 1_048_576

/** Splits messages into batches that fit into a request. */
function bySize(all: readonly Ready[]): readonly (readonly Ready[])[] {
  const batches: Ready[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const one of all) {
    bytes += one.message.bytes
    if (bytes > maxBytes) {
      batches.push([])
      bytes = one.message.bytes
    }
    batches.at(-1)?.push(one)
  }
  return batches
}
