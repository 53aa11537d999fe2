import { SpillwayError } from '@spillway/message'

/** The identity of a queue in a URL or an ARN. */
interface QueueIdentity {
  readonly region: string | undefined
  readonly account: string
  readonly name: string
}

/** The account of queues outside AWS: of the local runtime, LocalStack, and `sqsEvent` in tests. */
const noAccount = '000000000000'

/** `https://<host>/<account>/<name>`. An endpoint may add a path before the account. */
const path = /\/(\d{12})\/([\w-]{1,80}(?:\.fifo)?)\/?$/

/** `sqs.eu-west-1.…`, `sqs-fips.eu-west-1.…`, `vpce-….sqs.eu-west-1.…`, and the older `eu-west-1.queue.…`. */
const hosts = [/(?:^|\.)sqs(?:-fips)?\.([a-z]+(?:-[a-z]+)+-\d+)\./, /^([a-z]+(?:-[a-z]+)+-\d+)\.queue\./]

/**
 * Creates a check that records come from a queue. Their visibility is changed by its URL, which fails for records of
 * another queue. A URL without account and name, of a proxy for example, is not compared.
 *
 * @returns throws SpillwayError `SPILLWAY_SOURCE_MISSING` for the ARN of another queue
 */
export function ownQueue(queueUrl: string): (eventSourceArn: string) => void {
  const own = readUrl(queueUrl)
  /** The ARN that was compared last: the records of a batch have the same one. */
  let known: string | undefined

  return function checkQueue(eventSourceArn) {
    if (own === undefined || eventSourceArn === known) return
    const other = readArn(eventSourceArn)
    if (other !== undefined && !isSame(own, other)) throw foreignQueue(queueUrl, eventSourceArn)
    known = eventSourceArn
  }
}

function readUrl(queueUrl: string): QueueIdentity | undefined {
  const { hostname, pathname } = new URL(queueUrl)
  const [, account, name] = path.exec(pathname) ?? []
  if (account === undefined || name === undefined) return undefined
  const region = hosts.map((host) => host.exec(hostname)?.[1]).find((found) => found !== undefined)
  return { region, account, name }
}

/** `arn:aws:sqs:<region>:<account>:<name>` */
function readArn(arn: string): QueueIdentity | undefined {
  const [, , service, region, account, name] = arn.split(':')
  if (service !== 'sqs' || account === undefined || name === undefined) return undefined
  return { region: region === '' ? undefined : region, account, name }
}

function isSame(own: QueueIdentity, other: QueueIdentity): boolean {
  // No queue on AWS has this account: it is the event of a test.
  if (other.account === noAccount && own.account !== noAccount) return true
  if (other.name !== own.name) return false
  if (own.account === noAccount) return true
  if (other.account !== own.account) return false
  return other.region === own.region || other.region === undefined || own.region === undefined
}

function foreignQueue(queueUrl: string, eventSourceArn: string): SpillwayError {
  const what = `sqsSource reads ${queueUrl}, but got a record of ${eventSourceArn}`
  const hint = eventSourceArn.includes(`:${noAccount}:`)
    ? 'In a test, give sqsEvent() the option `queue`.'
    : 'A function that reads two queues needs two chains.'
  return new SpillwayError(
    'SPILLWAY_SOURCE_MISSING',
    `${what}. \`queueUrl\` must be the queue of the event source mapping. ${hint}`,
  )
}
