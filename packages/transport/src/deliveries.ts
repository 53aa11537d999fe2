import type { SourceRecord } from '@spillway/message'

/**
 * Finds the delivered form of a record: by the record, or by its id if a middleware replaced the record. The map is built
 * on the first call, because most batches have no record to park or to delay.
 *
 * @param delivered the delivered form of each record, in the same order
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
