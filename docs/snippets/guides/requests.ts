/** SQS bills each 64 KiB of a request as one request. Bytes. */
const chunk = 65_536
/** Messages that a poller of Lambda receives and deletes with one request, whatever the batch size. */
const perPoll = 10

/** The requests to SQS that are billed for messages of some bytes, of which each request sends so many. */
export function requestsOf({
  messages,
  bytes,
  perSend,
}: {
  messages: number
  bytes: number
  perSend: number
}) {
  const send = (messages / perSend) * Math.ceil((bytes * perSend) / chunk)
  const receive = (messages / perPoll) * Math.ceil((bytes * perPoll) / chunk)
  const deletion = messages / perPoll
  return { send, receive, delete: deletion, together: send + receive + deletion }
}
