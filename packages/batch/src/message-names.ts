import type { Outcome, RecordSource, SourceRecord } from '@spillway/message'
import { envelopeIn, fieldsOf, type KnownMessages, parseJson } from '@spillway/message/internal'
import { type DecodedRecord, isDecodingSource, isMessage, isPending } from './decode.ts'
import { decodedText } from './foreign.ts'
import type { MessageReader } from './reader.ts'

/** The name under which a handler of several messages counts and logs records without a route. */
export const noRoute = '(no route)'

/** The records of one message in a batch, and their outcomes. */
export interface MessagePart {
  readonly name: string
  readonly records: readonly SourceRecord[]
  readonly outcomes: readonly Outcome[]
}

/** The names under which the records of a handler are counted and logged. */
export interface MessageNames {
  readonly known: KnownMessages
  /** The name of the message, if the handler has only one. */
  readonly onlyName?: string | undefined
  /** The name under which a message is counted. `message` is its own name, `undefined` if its text has none. */
  nameOf(message: string | undefined): string
}

/** A reader that notes the names of messages. */
export interface NamedReader {
  readonly reader: MessageReader
  /** The records of each message, in the order of the first ones. */
  partsOf(outcomes: readonly Outcome[]): readonly MessagePart[]
}

/**
 * Makes a reader note the names of messages, if the handler has several. The name of a record that was not begun is read
 * from its text when `partsOf` is called.
 */
export function withNames(names: MessageNames, reader: MessageReader, source: RecordSource): NamedReader {
  const { known, onlyName, nameOf } = names
  const { records } = source
  if (onlyName !== undefined) {
    return { reader, partsOf: (outcomes) => [{ name: onlyName, records, outcomes }] }
  }
  const noted = new Map<SourceRecord, string>()
  function note(record: SourceRecord, decoded: DecodedRecord): DecodedRecord {
    if (isMessage(decoded)) noted.set(record, decoded.name)
    return decoded
  }
  return {
    reader: {
      ...reader,
      read(record, text) {
        const decoded = reader.read(record, text)
        return isPending(decoded) ? decoded.then((late) => note(record, late)) : note(record, decoded)
      },
    },
    partsOf: (outcomes) =>
      toParts(records, outcomes, (record) => nameOf(noted.get(record) ?? nameIn(known, source, record))),
  }
}

/** The name of the message in the text of a record, which need not be valid. */
function nameIn(known: KnownMessages, source: RecordSource, record: SourceRecord): string | undefined {
  // A claim has the name of its message.
  if (!isDecodingSource(source) || record.load !== undefined) return envelopeName(record.body)
  const decoded = decodedText(source, record)
  return decoded && (envelopeIn(decoded)?.name ?? decoded.name ?? known.only?.name)
}

function envelopeName(text: string): string | undefined {
  const { spillway, name } = fieldsOf(parseJson(text)) ?? {}
  return spillway !== undefined && typeof name === 'string' ? name : undefined
}

function toParts(
  records: readonly SourceRecord[],
  outcomes: readonly Outcome[],
  nameOf: (record: SourceRecord) => string,
): readonly MessagePart[] {
  const parts = new Map<string, { name: string; records: SourceRecord[]; outcomes: Outcome[] }>()
  for (const [position, record] of records.entries()) {
    const name = nameOf(record)
    const part = parts.get(name) ?? { name, records: [], outcomes: [] }
    parts.set(name, part)
    part.records.push(record)
    part.outcomes.push(outcomes[position] as Outcome)
  }
  return [...parts.values()]
}
