import Table from 'cli-table3'
import { printable, shorten, spanText } from './printable.ts'
import type { ParkedCopy } from './read-copy.ts'
import { movedCode } from './select.ts'

/** A copy as `spillway parked list --json` prints it: all but the body and the message attributes. */
export interface CopyRow {
  readonly id: string
  readonly originalId: string | null
  readonly name: string | null
  readonly key: string | null
  /** `moved` for a message that SQS moved after too many receives. */
  readonly code: string
  readonly detail: string | null
  readonly source: 'queue' | 'stream'
  /** RFC 3339. */
  readonly parkedAt: string | null
  readonly sentAt: string | null
  /** How often the message was received before it was parked. */
  readonly receiveCount: number | null
  /** How often the copy was received, including this time. */
  readonly looks: number
}

/** Converts a copy to its row. */
export function toRow(copy: ParkedCopy): CopyRow {
  const { id, originalId, name, key, code, detail, source, parkedAt, sentAt, receiveCount, looks } = copy
  return {
    id,
    originalId: originalId ?? null,
    name: name ?? null,
    key: key ?? null,
    code: code ?? movedCode,
    detail: detail ?? null,
    source,
    parkedAt: parkedAt?.toISOString() ?? null,
    sentAt: sentAt?.toISOString() ?? null,
    receiveCount: receiveCount ?? null,
    looks,
  }
}

/** The rows as a table, oldest first. */
export function listText(rows: readonly CopyRow[], now: number): string {
  const table = new Table({
    head: ['id', 'message', 'key', 'code', 'parked', 'sent', 'receives', 'detail'],
    style: { head: [], border: [] },
    chars: plainChars,
  })
  const since = (row: CopyRow) => row.parkedAt ?? row.sentAt ?? ''
  for (const row of rows.toSorted((a, b) => since(a).localeCompare(since(b)))) {
    const cell = (value: string | null, length: number) => (value === null ? '-' : toCell(value, length))
    const ago = (time: string | null) => (time === null ? '-' : `${spanText(now - Date.parse(time))} ago`)
    table.push([
      row.id,
      cell(row.name, 40),
      cell(row.key, 64),
      cell(row.code, 40),
      ago(row.parkedAt),
      ago(row.sentAt),
      row.receiveCount === null ? '-' : String(row.receiveCount),
      cell(row.detail, 80),
    ])
  }
  return `${table.toString()}\n${rows.length} ${rows.length === 1 ? 'copy' : 'copies'}\n`
}

function toCell(value: string, length: number): string {
  return shorten(printable(value), length)
}

/** Columns without lines between them, so that shell tools can split them. */
const plainChars = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' ',
}
