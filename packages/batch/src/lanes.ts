import type { SourceRecord } from '@spillway/message'

/**
 * Splits records into waves: the first wave has the first record of each lane, the second wave the second, and so
 * on. Waves that are written one after the other keep every lane in order and let the lanes go on side by side. On a
 * standard queue each record is a lane of its own, and all are one wave.
 */
export function toWaves(records: readonly SourceRecord[]): readonly (readonly SourceRecord[])[] {
  const lengths = new Map<string, number>()
  const waves: SourceRecord[][] = []
  for (const record of records) {
    const place = lengths.get(record.lane) ?? 0
    lengths.set(record.lane, place + 1)
    const wave = waves[place]
    if (wave === undefined) waves.push([record])
    else wave.push(record)
  }
  return waves
}
