import type { SourceRecord } from '@spillway/message'

/**
 * Finds what was delivered for a record of a batch: by the record, and by its id for one that a middleware replaced. Made
 * when it is first asked: most batches have nothing to park or to put off.
 *
 * @param delivered what was delivered for each record, in the same order
 */
export function deliveries<Delivered>(
  records: readonly SourceRecord[],
  delivered: readonly Delivered[],
): (record: SourceRecord) => Delivered | undefined {
  let known: ReadonlyMap<SourceRecord | string, Delivered> | undefined
  return function deliveredFor(record) {
    known ??= byRecordAndId(records, delivered)
    return known.get(record) ?? known.get(record.id)
  }
}

function byRecordAndId<Delivered>(records: readonly SourceRecord[], delivered: readonly Delivered[]) {
  const known = new Map<SourceRecord | string, Delivered>()
  for (const [index, record] of records.entries()) {
    const one = delivered[index] as Delivered
    known.set(record, one).set(record.id, one)
  }
  return known
}
