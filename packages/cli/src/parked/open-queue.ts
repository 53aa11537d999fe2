import { SQSClient } from '@aws-sdk/client-sqs'
import type { LocalEndpoints } from '@spillway/local'
import { SpillwayError } from '@spillway/message'
import { nearest } from '@spillway/message/internal'
import { readLocalEndpoints } from './local-endpoints.ts'

/** The queue that the user chose, and how to reach it. */
export interface QueueChoice {
  /** The URL of a queue, or the name of a queue of the local app. Default: its only dead-letter queue. */
  readonly queue: string | undefined
  readonly endpoint: string | undefined
  readonly region: string | undefined
  /** The address of the control server of `spillway dev`. */
  readonly control: string
}

/** A queue and a client for it. */
export interface OpenQueue {
  readonly client: Pick<SQSClient, 'send' | 'destroy'>
  readonly url: string
  /** The addresses of queues and streams; `undefined` for a queue that was given by its URL. */
  readonly local: LocalEndpoints | undefined
}

/** Credentials for local servers, which do not check them. */
export const localCredentials = { accessKeyId: 'local', secretAccessKey: 'local' }

/**
 * Finds a queue by its URL, with the credentials, region and endpoint of the SDK, or by its name in the app that
 * `spillway dev` runs.
 *
 * @throws SpillwayError `SPILLWAY_START_FAILED` when no app runs, `SPILLWAY_OPTION_INVALID` when the app has no such
 * queue
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

/** Whether a text is a URL. */
export function isUrl(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text)
}

/** Whether a server is on this machine. */
export function isLoopback(url: string): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname)
}

function awsClient(queueUrl: string, endpoint: string | undefined, region: string | undefined): SQSClient {
  const local = isLoopback(endpoint ?? queueUrl)
  // Without an endpoint the SDK uses the host of the queue URL and logs a warning if that is not a host of AWS.
  const host = endpoint ?? (local ? new URL(queueUrl).origin : undefined)
  const found = region ?? regionOf(queueUrl) ?? (local ? (process.env.AWS_REGION ?? 'us-east-1') : undefined)
  const hasCredentials = process.env.AWS_ACCESS_KEY_ID !== undefined || process.env.AWS_PROFILE !== undefined
  return new SQSClient({
    ...(host !== undefined && { endpoint: host }),
    ...(found !== undefined && { region: found }),
    ...(local && !hasCredentials && { credentials: localCredentials }),
  })
}

/** The region in the host name of a queue on AWS: `sqs.<region>.amazonaws.com`. */
function regionOf(queueUrl: string): string | undefined {
  return /(?:^|\.)sqs(?:-fips)?\.([a-z]+(?:-[a-z]+)+-\d+)\./.exec(new URL(queueUrl).hostname)?.[1]
}

/**
 * The URL of a queue of the local app.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when there is no such queue
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
    `The local app has no queue '${meant}'.${near === undefined ? '' : ` Did you mean '${near}'?`} It has: ${names.join(', ') || 'none'}. For a queue on AWS give its URL.`,
  )
}

/** The error for an ARN in place of a URL, with the URL of that queue. */
function byUrl(arn: string): SpillwayError {
  const [, partition, , region = '<region>', account = '<account>', name = '<name>'] = arn.split(':')
  const host = `sqs.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`
  return new SpillwayError(
    'SPILLWAY_OPTION_INVALID',
    `Give the URL of the queue, not its ARN: https://${host}/${account}/${name}`,
  )
}
