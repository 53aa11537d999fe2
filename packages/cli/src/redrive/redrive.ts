import type { MessageDefinition } from '@spillway/message'
import { systemClock } from '@spillway/message/internal'
import { codesText, meantCode } from '../parked/code-counts.ts'
import type { CopyRow } from '../parked/list-text.ts'
import { type OpenQueue, openQueue, type QueueChoice } from '../parked/open-queue.ts'
import { hiddenText, look, rowsText, say } from '../parked/parked.ts'
import { printable } from '../parked/printable.ts'
import { checkReceives, type QueueFacts, readQueueFacts } from '../parked/queue-facts.ts'
import { createSelect, type Filters } from '../parked/select.ts'
import { stopSignal } from '../stop-signal.ts'
import type { CopyTarget } from './copy-target.ts'
import { createEditor } from './edit-copy.ts'
import { fileDrafts } from './edit-drafts.ts'
import { loadMessage } from './load-message.ts'
import { queueTarget } from './queue-target.ts'
import { startProgress } from './redrive-progress.ts'
import { holdSeconds, type RedriveResult, runRedrive } from './run-redrive.ts'
import { streamTarget } from './stream-target.ts'

/** The options of `spillway redrive`. */
export interface RedriveOptions {
  readonly queue: QueueChoice
  readonly filters: Filters
  /** The URL or local name of the destination queue. */
  readonly to: string | undefined
  /** The name of the destination stream. */
  readonly toStream: string | undefined
  /** The most copies to send; `undefined` means all. */
  readonly limit: number | undefined
  /** Copies per second. */
  readonly rate: number
  /** `false`: print what would be sent, and send nothing. */
  readonly execute: boolean
  readonly edit: boolean
  /** The definition that validates edited bodies: a file, `#` and the name of an export. */
  readonly message: string | undefined
  readonly force: boolean
  readonly json: boolean
}

/** The most copies that a dry run reads. */
const mostLooked = 10_000

/** Sends copies in a dead-letter queue back to their source. */
export async function redrive(options: RedriveOptions): Promise<number> {
  const queue = await openQueue(options.queue)
  let target: CopyTarget | undefined
  try {
    const facts = await readQueueFacts(queue.client, queue.url)
    target = await targetOf(queue, facts, options)
    return options.execute
      ? await execute(queue, facts, target, options)
      : await dryRun(queue, target, options)
  } finally {
    target?.close()
    queue.client.destroy()
  }
}

function targetOf(queue: OpenQueue, { arn }: QueueFacts, options: RedriveOptions): Promise<CopyTarget> {
  const { to, toStream } = options
  return toStream === undefined
    ? queueTarget(queue, arn, to, systemClock)
    : streamTarget(queue, toStream, options.queue.region)
}

async function dryRun(queue: OpenQueue, target: CopyTarget, options: RedriveOptions): Promise<number> {
  const { limit = Number.POSITIVE_INFINITY, json } = options
  const { rows: all, looked, notes } = await look(queue, { ...options, limit: mostLooked })
  const rows: readonly CopyRow[] = all.slice(0, limit)
  if (json) process.stdout.write(`${JSON.stringify({ dryRun: true, target: target.name, copies: rows })}\n`)
  else process.stdout.write(rowsText(queue, rows, looked))
  for (const note of notes) say(note)
  if (rows.length > 0) {
    say(`Dry run: ${copiesText(rows.length)} would be sent to ${target.name}. Add --execute to send them.`)
  }
  return 0
}

async function execute(
  queue: OpenQueue,
  facts: QueueFacts,
  target: CopyTarget,
  options: RedriveOptions,
): Promise<number> {
  const { filters, rate, limit = Number.POSITIVE_INFINITY, force, json } = options
  checkReceives(facts, queue.url, force, say)
  const drafts = options.edit ? fileDrafts(say) : undefined
  const editor = drafts && createEditor({ definition: await definitionOf(options), drafts })
  const progress = startProgress(Math.min(facts.visible, limit), editor === undefined)
  const result = await runRedrive({
    queue,
    target,
    isSelected: createSelect(filters, systemClock.now()),
    limit,
    rate,
    edit: editor,
    signal: stopSignal(),
    onProgress: progress.show,
    onDeleted: drafts?.drop,
    onFailure: ({ id, cause }) => progress.line(`${id}: ${printable(cause)}`),
  })
  progress.end()
  if (json) {
    const { unreleased: _, leftCodes: _codes, ...figures } = result
    process.stdout.write(`${JSON.stringify({ target: target.name, ...figures })}\n`)
  } else {
    process.stdout.write(`Redriven ${copiesText(result.sent)} to ${target.name}.\n`)
  }
  if (facts.inFlight > 0) say(hiddenText(facts.inFlight))
  for (const note of notesOf(result, queue.url, filters)) say(note)
  for (const [id, file] of drafts?.kept() ?? []) {
    say(`Your edit of ${printable(id)} is saved in ${file}: the same command opens it again.`)
  }
  return exitCode(result)
}

async function definitionOf({ message }: RedriveOptions): Promise<MessageDefinition | undefined> {
  return message === undefined ? undefined : loadMessage(message)
}

function notesOf(result: RedriveResult, url: string, filters: Filters): string[] {
  const { failures, left, leftCodes, behind, cameBack, interrupted, stopped, unreleased } = result
  const notes: string[] = []
  if (left > 0) {
    const codes = leftCodes.size === 0 ? '' : ` Their codes: ${codesText(leftCodes)}.`
    notes.push(
      `Not chosen, and still in the queue: ${copiesText(left)}.${codes}${meantCode(leftCodes, filters)}`,
    )
  }
  if (left > 0 && url.endsWith('.fifo')) {
    notes.push(
      'A FIFO queue delivers at most the first ten messages of a group until they are deleted: later copies were not read.',
    )
  }
  if (failures.length > 0) notes.push(`${failures.length} failed: see above.`)
  if (behind > 0) notes.push(`${copiesText(behind)} not sent, because an earlier one of the group failed.`)
  if (cameBack > 0)
    notes.push(
      `Parked again during the run, and still in the queue: ${copiesText(cameBack)}. The cause remains: \`spillway parked list\` shows it.`,
    )
  if (stopped !== undefined) notes.push(`Stopped: ${printable(stopped)}.`)
  if (interrupted) notes.push('Interrupted.')
  if (interrupted || stopped !== undefined || failures.length > 0)
    notes.push('Copies that were not sent are still in the queue: the same command continues.')
  if (unreleased.count > 0) {
    notes.push(
      `${copiesText(unreleased.count)} stay invisible for up to ${holdSeconds} s (${unreleased.cause}). Do the credentials allow sqs:ChangeMessageVisibility?`,
    )
  }
  return notes
}

/** 130 is the exit code of an interrupted command in a shell. */
function exitCode({ failures, stopped, interrupted }: RedriveResult): number {
  if (failures.length > 0 || stopped !== undefined) return 1
  return interrupted ? 130 : 0
}

function copiesText(count: number): string {
  return count === 1 ? '1 copy' : `${count} copies`
}
