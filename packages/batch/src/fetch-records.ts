import { type Outcome, retry, type SourceRecord } from '@spillway/message'
import { createSemaphore, type Deadline } from '@spillway/transport'
import { type DecodedRecord, type Decoding, isMessage, isPending } from './decode.ts'
import { findDecidedLate } from './find-decided.ts'
import { loadConcurrency, loadTexts } from './load.ts'
import type { Invocation } from './pass.ts'
import { deadlineError } from './settled-result.ts'

/** Fetches and decodes claimed records one by one, within a bound on the bytes in memory. */
export interface Fetcher {
  /** Fetches the text of a record and decodes it. Its bytes count until {@link Fetcher.leave}. Never rejects. */
  read(record: SourceRecord): Promise<DecodedRecord>
  /** The text of a record is not needed any more. */
  leave(record: SourceRecord): void
}

/**
 * Creates the fetcher of one pass.
 *
 * @param places how many texts are fetched at once
 */
export function createFetcher(
  { reader, source, deadlines: { writing } }: Pick<Invocation<never>, 'reader' | 'source' | 'deadlines'>,
  places = loadConcurrency,
): Fetcher {
  const bytes = createSemaphore(source.maximumLoadBytes ?? Number.POSITIVE_INFINITY)
  const requests = createSemaphore(places)
  const leaves = new Map<SourceRecord, () => void>()

  /** The outcome that an earlier delivery decided: the message is known only after it was fetched. */
  async function decidedOf(record: SourceRecord): Promise<Outcome | undefined> {
    return (await findDecidedLate(reader, source, [record], writing)).get(record)
  }

  return {
    async read(record) {
      const leave = await bytes.take(writing, record.loadBytes ?? 0)
      if (leave === undefined) return late()
      leaves.set(record, leave)
      const texts = await requests.run(() => loadTexts([record], writing))
      const decoded = await readInTime(reader.read(record, texts?.get(record) ?? deadlineError()), writing)
      if (!isMessage(decoded)) return decoded
      const outcome = await decidedOf(record)
      return outcome === undefined ? decoded : { outcome }
    },
    leave(record) {
      leaves.get(record)?.()
      leaves.delete(record)
    },
  }
}

/** A decoded record; a retry if its schema is not in time. */
export async function readInTime(decoding: Decoding, writing: Deadline): Promise<DecodedRecord> {
  return isPending(decoding) ? ((await writing.race(decoding)) ?? late()) : decoding
}

function late(): DecodedRecord {
  return { outcome: retry({ cause: deadlineError() }) }
}
