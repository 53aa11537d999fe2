import type { Logger, MessageIdentity, RecordSource, SourceRecord } from '@spillway/message'
import type { KnownMessages } from '@spillway/message/internal'
import { type Decoding, decodeRecord, isDecodingSource, unloaded } from './decode.ts'
import { decodeForeign, type Found } from './foreign.ts'
import { readIdentity } from './identity.ts'

/** Reads the records of one invocation. */
export interface MessageReader {
  /**
   * Reads the message of a record, at once where its schema is synchronous. Never throws.
   *
   * @param text the text of the record, or why it could not be fetched
   */
  read(record: SourceRecord, text: string | Error): Decoding
  /**
   * Whose message a record holds, that of its key first. A message that came in no envelope may have two: a body that is
   * valid can say another key than its decoding. None for what holds no message, and for what was not fetched yet.
   */
  identities(record: SourceRecord): readonly MessageIdentity[] | Promise<readonly MessageIdentity[]>
  /** Takes one of the identities for that of the record: an earlier delivery was parked under it. */
  settleOn(record: SourceRecord, identity: MessageIdentity): void
  /** The key of a message, for a line of the log. */
  keyOf(record: SourceRecord): string | undefined
}

const none: readonly MessageIdentity[] = []

/**
 * A reader of the records of a source.
 *
 * @param keyless hears the name of a message that is known by the id of its record alone
 */
export function createReader(
  known: KnownMessages,
  source: RecordSource,
  keyless: (name: string) => void,
): MessageReader {
  const envelopeOf = (record: SourceRecord) => readIdentity(record.body, known)
  /** Those of an envelope or a claim, which says whose it is. */
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
      // A text that is fetched is not there any more.
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
  // A text that is fetched is large, and is not kept for a hash of it.
  const hash = load === undefined ? undefined : fingerprint()
  return keys.map((key) => ({
    name,
    key,
    redriveOf,
    fingerprint: hash === undefined ? fingerprint : () => hash,
  }))
}

/** Warns once that messages have no key of their own. One for each batch handler. */
export function warnOnce(logger: Logger): (name: string) => void {
  let hasWarned = false
  return function keyless(name) {
    if (hasWarned) return
    hasWarned = true
    logger.warn(
      `${name}: messages have no key of their own, and are known by the ids of their records. A message that its producer sends twice, or that AWS moves back from a dead-letter queue, has two ids and so two effects: give defineMessage a \`key\`, or the decoding one.`,
      { name },
    )
  }
}
