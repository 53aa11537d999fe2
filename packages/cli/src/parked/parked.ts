import { systemClock } from '@spillway/message/internal'
import { stopSignal } from '../stop-signal.ts'
import { type CodeCounts, codesText, countCode, meantCode } from './code-counts.ts'
import { type CopyRow, listText, toRow } from './list-text.ts'
import { type OpenQueue, openQueue, type QueueChoice } from './open-queue.ts'
import { checkReceives, type QueueFacts, readQueueFacts } from './queue-facts.ts'
import type { ParkedCopy } from './read-copy.ts'
import { lookSeconds, type Scanned, scan } from './scan.ts'
import { createSelect, type Filters } from './select.ts'
import { showText, toShown } from './show-text.ts'

/** The options of `spillway parked`. */
export interface ParkedOptions {
  readonly action: 'list' | 'show'
  readonly queue: QueueChoice
  readonly filters: Filters
  /** The most copies to read. */
  readonly limit: number
  /** Read a queue even though its own redrive policy counts each receive. */
  readonly force: boolean
  readonly json: boolean
  /** Print the body instead of redacting it. */
  readonly body: boolean
}

/** Lists the copies in a dead-letter queue, or shows one of them. */
export async function parked(options: ParkedOptions): Promise<number> {
  const queue = await openQueue(options.queue)
  try {
    return options.action === 'show' ? await show(queue, options) : await list(queue, options)
  } finally {
    queue.client.destroy()
  }
}

async function list(queue: OpenQueue, options: ParkedOptions): Promise<number> {
  const { rows, looked, notes } = await look(queue, options)
  process.stdout.write(options.json ? `${JSON.stringify(rows)}\n` : rowsText(queue, rows, looked))
  for (const note of notes) say(note)
  return 0
}

/** The rows as a table, or a sentence why there are none. */
export function rowsText({ url }: OpenQueue, rows: readonly CopyRow[], looked: number): string {
  if (rows.length > 0) return listText(rows, systemClock.now())
  return looked === 0 ? `No parked copies in ${url}.\n` : `None of the ${looked} copies in ${url} matches.\n`
}

/** The note about messages that other consumers have received. */
export function hiddenText(count: number): string {
  return `About ${count} more ${count === 1 ? 'copy is' : 'copies are'} in flight: another consumer has received them, or a command that was killed.`
}

/** The result of {@link look}. */
export interface Looked {
  readonly rows: readonly CopyRow[]
  /** How many copies were read, including those that do not match the filters. */
  readonly looked: number
  /** Notes for standard error. */
  readonly notes: readonly string[]
}

/** Reads the copies in a queue that match the filters. */
export async function look(
  queue: OpenQueue,
  options: Pick<ParkedOptions, 'filters' | 'limit' | 'force'>,
): Promise<Looked> {
  const facts = await readQueueFacts(queue.client, queue.url)
  checkReceives(facts, queue.url, options.force, say)
  const isSelected = createSelect(options.filters, systemClock.now())
  const rows: CopyRow[] = []
  const codes: CodeCounts = new Map()
  const scanned = await scan({
    queue,
    limit: options.limit,
    signal: stopSignal(),
    onCopy(copy) {
      countCode(codes, copy)
      if (isSelected(copy)) rows.push(toRow(copy))
    },
  })
  const notes = [...notesOf(queue, scanned, facts), ...noMatch(rows, codes, options.filters)]
  return { rows, looked: scanned.looked, notes }
}

function notesOf(
  { url }: OpenQueue,
  { looked, limited, unreleased }: Scanned,
  { visible: depth, inFlight }: Pick<QueueFacts, 'visible' | 'inFlight'>,
): string[] {
  const notes: string[] = []
  if (inFlight > 0) notes.push(hiddenText(inFlight))
  if (limited) notes.push(`Read ${looked} of about ${depth} copies: raise --limit to read more.`)
  else if (depth > looked && url.endsWith('.fifo')) {
    notes.push(
      `Read ${looked} of about ${depth} copies. A FIFO queue delivers at most the first ten messages of a group until they are deleted.`,
    )
  }
  if (unreleased.count > 0) {
    notes.push(
      `${unreleased.count} copies stay invisible for up to ${lookSeconds} s (${unreleased.cause}). Do the credentials allow sqs:ChangeMessageVisibility?`,
    )
  }
  return notes
}

function noMatch(rows: readonly CopyRow[], codes: CodeCounts, filters: Filters): string[] {
  if (rows.length > 0 || codes.size === 0) return []
  return [`The codes in the queue: ${codesText(codes)}.${meantCode(codes, filters)}`]
}

async function show(queue: OpenQueue, options: ParkedOptions): Promise<number> {
  const facts = await readQueueFacts(queue.client, queue.url)
  checkReceives(facts, queue.url, options.force, say)
  const isSelected = createSelect(options.filters, systemClock.now())
  const found: ParkedCopy[] = []
  const stop = new AbortController()
  const scanned = await scan({
    queue,
    limit: options.limit,
    signal: AbortSignal.any([stop.signal, stopSignal()]),
    onCopy(copy) {
      if (!isSelected(copy)) return
      found.push(copy)
      stop.abort()
    },
  })
  const depth = found.length === 0 ? facts : { visible: 0, inFlight: 0 }
  for (const note of notesOf(queue, scanned, depth)) say(note)
  const [copy] = found
  if (copy === undefined) {
    say(`None of the ${scanned.looked} copies that were read has this id.`)
    return 1
  }
  const shown = toShown(copy, options.body)
  process.stdout.write(options.json ? `${JSON.stringify(shown)}\n` : showText(shown))
  return 0
}

/** Prints a note that is not part of a command's result. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
