import { hash } from 'node:crypto'
import { escapeBody, unescapeBody } from './body-escape.ts'

interface Received {
  readonly Body: string
  readonly MD5OfBody: string
}

/** Gives received bodies as they were sent. */
export function correctReceived(answer: object): object {
  const messages = 'Messages' in answer ? (answer.Messages as readonly Received[] | undefined) : undefined
  return messages === undefined ? answer : { ...answer, Messages: messages.map(restore) }
}

/** Gives the digest of the body as it was sent, which the SDK compares. */
export function correctSent(answer: object, body: unknown): object {
  if (typeof body !== 'string' || escapeBody(body) === body) return answer
  return { ...answer, MD5OfMessageBody: hash('md5', body) }
}

function restore(message: Received): Received {
  const Body = unescapeBody(message.Body)
  return Body === message.Body ? message : { ...message, Body, MD5OfBody: hash('md5', Body) }
}
