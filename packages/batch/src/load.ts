import { type SourceRecord, toError } from '@spillway/message'
import { createDeadline, type Deadline, inParallel } from '@spillway/transport'
import { deadlineError } from './settled-result.ts'

/** How many texts are fetched at once. */
export const loadConcurrency = 10

/** The share of the time for writing that fetching may take: a slow store must not cost the other records. */
const loadShare = 0.5

/**
 * Splits records into slices whose fetched texts have at most so many bytes: a slice is written before the next one is
 * fetched. The first slice has all records that are not claims. A larger text has a slice to itself.
 *
 * @param positions the records to split, in order
 */
export function toSlices(
  records: readonly SourceRecord[],
  positions: readonly number[],
  maximumBytes = Number.POSITIVE_INFINITY,
): readonly (readonly number[])[] {
  if (!positions.some((position) => records[position]?.load !== undefined)) return [positions]
  const slices: number[][] = []
  const add = (place: number, position: number) => {
    const slice = slices[place]
    if (slice === undefined) slices.push([position])
    else slice.push(position)
  }
  let last = 0
  let bytes = 0
  for (const position of positions) {
    const { load, loadBytes = 0 } = records[position] as SourceRecord
    if (load === undefined) {
      add(0, position)
      continue
    }
    if (bytes > 0 && bytes + loadBytes > maximumBytes) {
      last++
      bytes = 0
    }
    bytes += loadBytes
    add(last, position)
  }
  return slices
}

/**
 * Fetches the texts of claimed records. One that fails, or is not in time (`SPILLWAY_DEADLINE`), has an error in place of
 * its text. Never rejects.
 */
export async function loadTexts(
  records: readonly SourceRecord[],
  writing: Deadline,
): Promise<ReadonlyMap<SourceRecord, string | Error>> {
  const texts = new Map<SourceRecord, string | Error>()
  const claims = records.filter(({ load }) => load !== undefined)
  if (claims.length === 0) return texts
  const loading = createDeadline(writing, { reserve: writing.remainingTime() * (1 - loadShare) })

  async function load(record: SourceRecord): Promise<string | Error> {
    if (loading.expired) return deadlineError()
    try {
      return (await loading.race(Promise.resolve(record.load?.(loading)))) ?? deadlineError()
    } catch (thrown) {
      return toError(thrown)
    }
  }
  await inParallel(claims, loadConcurrency, async (record) => {
    texts.set(record, await load(record))
  })
  loading.end()
  return texts
}
