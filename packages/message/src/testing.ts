/**
 * Helpers for the tests of an app, typed by its message definitions.
 *
 * @module
 */
import type { MessageBody, MessageDefinition, MessageInput } from './define-message.ts'
import { decodeMessage, encodeMessage, validateBody } from './envelope.ts'
import { SpillwayError } from './error.ts'
import { bodyFingerprint } from './fingerprint.ts'
import { createMessage, type Message, type MessageFacts } from './message.ts'
import type { EncodedMessage, MessageRecord, ParkedEntry, ParkedStore, SendResult, Target } from './ports.ts'
import { standsFor } from './stands-for.ts'

/** The facts of a message or a record beside its body. Default: the time 0, a first delivery, no trace. */
export interface TestFacts extends Partial<MessageFacts> {
  /** How often the record was delivered. Default 1. */
  readonly receiveCount?: number
  /** Default: the key, as on a standard queue. */
  readonly lane?: string
}

/**
 * A record for a writer or a row mapper, with the output of the schema as its body.
 *
 * @throws SpillwayError `SPILLWAY_BODY_INVALID` with the places, when the schema rejects the input.
 */
export async function recordOf<Definition extends MessageDefinition>(
  definition: Definition,
  input: MessageInput<Definition>,
  facts: TestFacts = {},
): Promise<MessageRecord<MessageBody<Definition>>> {
  const message = await messageOf(definition, input, facts)
  const { receiveCount = 1, lane = message.key } = facts
  return { ...message, receiveCount, lane, fingerprint: () => bodyFingerprint(input) }
}

/**
 * The text of a message in a queue.
 *
 * @throws SpillwayError `SPILLWAY_BODY_INVALID` with the places, when the schema rejects the input.
 */
export async function envelopeOf<Definition extends MessageDefinition>(
  definition: Definition,
  input: MessageInput<Definition>,
  facts: TestFacts = {},
): Promise<string> {
  return encodeMessage({ ...(await messageOf(definition, input, facts)), body: input })
}

/** A target in memory, for `enqueue`. */
export interface MemoryTarget extends Target {
  /** The messages that were sent, in order. */
  readonly sent: readonly EncodedMessage[]
  /** The messages that were sent, decoded; rejects if one has another definition. */
  messages<Definition extends MessageDefinition>(
    definition: Definition,
  ): Promise<readonly Message<MessageBody<Definition>>[]>
}

/**
 * A target in memory that confirms each message and keeps it.
 *
 * @param answer the result for each message, instead of a confirmation. Only confirmed messages are kept
 */
export function memoryTarget(
  answer: SendResult | ((message: EncodedMessage) => SendResult) = { status: 'accepted' },
): MemoryTarget {
  const sent: EncodedMessage[] = []
  return {
    sent,
    async send(messages) {
      return messages.map((message) => {
        const result = typeof answer === 'function' ? answer(message) : answer
        if (result.status === 'accepted') sent.push(message)
        return result
      })
    },
    messages: (definition) =>
      Promise.all(
        sent.map(async ({ body }) => {
          const decoded = await decodeMessage(definition, body)
          if (decoded.ok) return decoded.message
          throw new SpillwayError('SPILLWAY_ENVELOPE_INVALID', decoded.reason.detail)
        }),
      ),
  }
}

/** A parked store in memory. */
export interface MemoryParkedStore extends ParkedStore {
  /** The entries, in the order of their first decisions. */
  readonly entries: readonly ParkedEntry[]
}

/** A parked store that keeps its entries in memory, for `parked` of a source. */
export function memoryParkedStore(): MemoryParkedStore {
  const entries = new Map<string, ParkedEntry>()
  const idOf = ({ name, key }: { readonly name: string; readonly key: string }) => JSON.stringify([name, key])
  return {
    get entries() {
      return [...entries.values()]
    },
    async put(decision) {
      const before = entries.get(idOf(decision))
      if (before !== undefined && standsFor(before, decision)) return before
      const { redriveOf: _redriveOf, ...kept } = decision
      const entry = { ...kept, copied: false }
      entries.set(idOf(decision), entry)
      return entry
    },
    async confirm(entry) {
      const before = entries.get(idOf(entry))
      if (before?.recordId === entry.recordId) entries.set(idOf(entry), { ...before, copied: true })
    },
    async findAll(name, keys) {
      return new Map(
        keys.flatMap((key) => {
          const entry = entries.get(idOf({ name, key }))
          return entry === undefined ? [] : [[key, entry] as const]
        }),
      )
    },
    find: async (name, key) => entries.get(idOf({ name, key })),
  }
}

async function messageOf<Definition extends MessageDefinition>(
  definition: Definition,
  input: MessageInput<Definition>,
  facts: TestFacts,
): Promise<Message<MessageBody<Definition>>> {
  const result = await validateBody(definition, input)
  if (result.ok) return createMessage(definition, result.body, { time: new Date(0), ...facts })
  const places = result.issues.map(({ path, message }) => `${path || 'the body'}: ${message}`).join('; ')
  throw new SpillwayError('SPILLWAY_BODY_INVALID', `The input is not a valid ${definition.name}: ${places}`)
}
