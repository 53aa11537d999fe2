import type { Logger, MessageIdentity, RecordSource, SourceRecord } from '@spillway/message'
import type { KnownMessages } from '@spillway/message/internal'
import { type Decoding, decodeRecord, isDecodingSource, unloaded } from './decode.ts'
import { decodeForeign, type Found } from './foreign.ts'
import { readIdentity } from './identity.ts'

/** Decodes the records of one invocation. */
export interface MessageReader {
  /**
   * Decodes the message of a record; synchronously if its schema is synchronous. Never throws.
   *
   * @param text the text of the record, or the error of fetching it
   */
  read(record: SourceRecord, text: string | Error): Decoding
  /**
   * The identities of the message in a record, the one with its key first. A message without an envelope may have two: the
   * body may give another key than the decoding. Empty for a record without a message, and before a claim was fetched.
   */
  identities(record: SourceRecord): readonly MessageIdentity[] | Promise<readonly MessageIdentity[]>
  /** Sets the identity of a record: the one under which an earlier delivery was parked. */
  settleOn(record: SourceRecord, identity: MessageIdentity): void
  /** The key of a message, for the log. */
  keyOf(record: SourceRecord): string | undefined
}

const none: readonly MessageIdentity[] = []

/**
 * Creates a reader of the records of a source.
 *
 * @param keyless called with the name of a message without a key, which is identified by the id of its record
 */
export function createReader(
  known: KnownMessages,
  source: RecordSource,
  keyless: (name: string) => void,
): MessageReader {
  const envelopeOf = (record: SourceRecord) => readIdentity(record.body, known)
  /** The identity in an envelope or a claim. */
  function fromRecord(record: SourceRecord): readonly MessageIdentity[] {
    const own = envelopeOf(record)
    return own === undefined ? none : [own]
  }
  if (!isDecodingSource(source)) {
    return {
      read: (record, text) => decodeRecord(known, record, text),
      identities: fromRecord,
      settleOn: () => undefined,
      keyOf: (record) => envelopeOf(record)?.key,
    }
  }

  const foundOf = new Map<SourceRecord, readonly MessageIdentity[]>()
  const reader = {
    known,
    source,
    keyless,
    found(record: SourceRecord, found: Found) {
      foundOf.set(record, toIdentities(record, found))
    },
  }
  function read(record: SourceRecord, text: string | Error): Decoding {
    return text instanceof Error ? { outcome: unloaded(text) } : decodeForeign(reader, record, text)
  }
  return {
    read,
    async identities(record) {
      const found = foundOf.get(record)
      if (found !== undefined) return found
      // A fetched text is not kept.
      if (record.load !== undefined) return fromRecord(record)
      await read(record, record.body)
      return foundOf.get(record) ?? none
    },
    settleOn(record, identity) {
      foundOf.set(record, [identity])
    },
    keyOf: (record) => (foundOf.get(record) ?? fromRecord(record))[0]?.key,
  }
}

function toIdentities(
  { load }: SourceRecord,
  { name, keys, redriveOf, fingerprint }: Found,
): readonly MessageIdentity[] {
  // Computed now for a fetched text, which is large and must not be kept in memory for it.
  const hash = load === undefined ? undefined : fingerprint()
  return keys.map((key) => ({
    name,
    key,
    redriveOf,
    fingerprint: hash === undefined ? fingerprint : () => hash,
  }))
}

/** Warns once that messages have no key. One for each batch handler. */
export function warnOnce(logger: Logger): (name: string) => void {
  let hasWarned = false
  return function keyless(name) {
    if (hasWarned) return
    hasWarned = true
    logger.warn(
      `${name}: messages have no key and are identified by the ids of their records. A message that its producer sends twice, or that AWS moves back from a dead-letter queue, has two ids and so two effects. Give defineMessage a \`key\`, or let the decoding return one.`,
      { name },
    )
  }
}
