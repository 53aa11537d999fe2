import { SQSClient } from '@aws-sdk/client-sqs'
import type { LocalEndpoints } from '@spillway/local'
import { SpillwayError } from '@spillway/message'
import { nearest } from '@spillway/message/internal'
import { readLocalEndpoints } from './local-endpoints.ts'

/** Which queue is meant, and how it is reached. */
export interface QueueChoice {
  /** The URL of a queue, or the name of one of the app that runs locally. `undefined`: its only dead-letter queue. */
  readonly queue: string | undefined
  readonly endpoint: string | undefined
  readonly region: string | undefined
  /** Where the control server of `spillway dev` is. */
  readonly control: string
}

/** A queue and a client for it. */
export interface OpenQueue {
  readonly client: Pick<SQSClient, 'send' | 'destroy'>
  readonly url: string
  /** Where queues and streams are; `undefined` for a queue that was given by its URL. */
  readonly local: LocalEndpoints | undefined
}

/** Credentials for servers on this machine: they check none. */
export const localCredentials = { accessKeyId: 'local', secretAccessKey: 'local' }

/**
 * Finds a queue: by its URL with the credentials, the region and the endpoint that the SDK finds, or by its name in the
 * app that `spillway dev` runs.
 *
 * @throws SpillwayError `SPILLWAY_START_FAILED` when no app runs, `SPILLWAY_OPTION_INVALID` when it has no such queue
 */
export async function openQueue(choice: QueueChoice): Promise<OpenQueue> {
  const { queue, endpoint, region, control } = choice
  if (queue !== undefined && isUrl(queue)) {
    return { client: awsClient(queue, endpoint, region), url: queue, local: undefined }
  }
  if (queue?.startsWith('arn:') === true) throw byUrl(queue)
  const local = await readLocalEndpoints(control)
  const client = new SQSClient({
    endpoint: local.sqs,
    region: local.region,
    credentials: localCredentials,
  })
  return { client, url: findUrl(local, queue), local }
}

/** Whether a text is a URL rather than a name. */
export function isUrl(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text)
}

/** Whether a server is on this machine. */
export function isLoopback(url: string): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname)
}

function awsClient(queueUrl: string, endpoint: string | undefined, region: string | undefined): SQSClient {
  const local = isLoopback(endpoint ?? queueUrl)
  // The SDK takes the host of the URL by itself, and prints that it does: for a queue on AWS it is the host it would take.
  const host = endpoint ?? (local ? new URL(queueUrl).origin : undefined)
  const found = region ?? regionOf(queueUrl) ?? (local ? (process.env.AWS_REGION ?? 'us-east-1') : undefined)
  const hasCredentials = process.env.AWS_ACCESS_KEY_ID !== undefined || process.env.AWS_PROFILE !== undefined
  return new SQSClient({
    ...(host !== undefined && { endpoint: host }),
    ...(found !== undefined && { region: found }),
    ...(local && !hasCredentials && { credentials: localCredentials }),
  })
}

/** The region in the host of a queue on AWS: `sqs.<region>.amazonaws.com`. */
function regionOf(queueUrl: string): string | undefined {
  return /(?:^|\.)sqs(?:-fips)?\.([a-z]+(?:-[a-z]+)+-\d+)\./.exec(new URL(queueUrl).hostname)?.[1]
}

/**
 * The URL of a queue of the local app.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID`
 */
export function findUrl({ queues }: LocalEndpoints, name: string | undefined): string {
  const deadLetterQueues = [...new Set(queues.flatMap(({ deadLetterQueue }) => deadLetterQueue ?? []))]
  const meant = name ?? (deadLetterQueues.length === 1 ? deadLetterQueues[0] : undefined)
  const found = queues.find((queue) => queue.name === meant)
  if (found !== undefined) return found.url
  if (meant === undefined) {
    throw new SpillwayError(
      'SPILLWAY_OPTION_INVALID',
      `Name a queue, because the local app has ${deadLetterQueues.length} dead-letter queues: ${deadLetterQueues.join(', ') || 'none'}.`,
    )
  }
  const names = queues.map((queue) => queue.name)
  const near = nearest(meant, names)
  throw new SpillwayError(
    'SPILLWAY_OPTION_INVALID',
    `The local app has no queue '${meant}'.${near === undefined ? '' : ` Did you mean '${near}'?`} It has: ${names.join(', ') || 'none'}. A queue on AWS is named by its URL.`,
  )
}

/** The error of a queue that is named by its ARN, with its URL. */
function byUrl(arn: string): SpillwayError {
  const [, partition, , region = '<region>', account = '<account>', name = '<name>'] = arn.split(':')
  const host = `sqs.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`
  return new SpillwayError(
    'SPILLWAY_OPTION_INVALID',
    `A queue is named by its URL, not by its ARN: https://${host}/${account}/${name}`,
  )
}
