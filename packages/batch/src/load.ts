import { type SourceRecord, toError } from '@spillway/message'
import { createDeadline, type Deadline, inParallel } from '@spillway/transport'
import { deadlineError } from './settled-result.ts'

/** How many bodies are fetched at once. */
export const loadConcurrency = 10

/** The share of the time for writing that fetching may take: a slow store must not cost the records that are there. */
const loadShare = 0.5

/**
 * Splits records into slices whose fetched texts take a bounded number of bytes: one is written before the next is
 * fetched. The first has all records whose text is there. A text that is larger than the bound is a slice of its own.
 *
 * @param positions those of the records to split, in order
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
 * Fetches the texts of the records whose body is only a claim on it. Each costs only itself: one that does not come
 * in time has `SPILLWAY_DEADLINE` in place of a text. Never rejects.
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
