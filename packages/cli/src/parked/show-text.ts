import { isUtf8 } from 'node:buffer'
import { type CopyRow, toRow } from './list-text.ts'
import { printable, printableLines } from './printable.ts'
import type { ParkedCopy } from './read-copy.ts'

/** A copy as `spillway parked show --json` prints it. */
export interface ShownCopy extends CopyRow {
  /** The issues of the schema: paths and messages. */
  readonly issues: unknown
  /** Why the message of a damaged copy cannot be restored. */
  readonly damaged?: string
  readonly group: string | null
  /** The message attributes; each value is `null` when it is redacted. */
  readonly attributes: Readonly<Record<string, string | null>>
  readonly bodyBytes: number | null
  /** Set when the body is binary data of a record. */
  readonly bodyEncoding?: 'base64'
  /** `null` when it is redacted. */
  readonly body: string | null
}

/** Converts a copy for printing. Without `withBody` the body and the values of attributes are redacted. */
export function toShown(copy: ParkedCopy, withBody: boolean): ShownCopy {
  const { original, message, issues } = copy
  const damaged = original instanceof Error
  const isBinary = !damaged && original.data !== undefined && !isUtf8(original.data)
  const attributes = damaged ? {} : original.attributes
  return {
    ...toRow(copy),
    issues: issues === undefined ? null : parseOr(issues),
    ...(damaged && { damaged: original.message }),
    group: message.Attributes?.MessageGroupId ?? null,
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, { stringValue, binaryValue }]) => [
        name,
        withBody ? (stringValue ?? binaryValue ?? '') : null,
      ]),
    ),
    bodyBytes: damaged ? null : (original.data?.length ?? Buffer.byteLength(original.text)),
    ...(isBinary && { bodyEncoding: 'base64' as const }),
    body: damaged || !withBody ? null : isBinary ? (original.data?.toString('base64') ?? '') : original.text,
  }
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** A copy as text. */
export function showText(shown: ShownCopy): string {
  const { issues, attributes, body, bodyBytes, ...facts } = shown
  const lines = Object.entries(facts).map(([name, value]) => line(name, value ?? '-'))
  if (issues !== null) lines.push('issues', indent(JSON.stringify(issues, undefined, 2)))
  for (const [name, value] of Object.entries(attributes)) {
    lines.push(line(`attribute ${printable(name)}`, value ?? '(redacted)'))
  }
  if (body === null) lines.push(line('body', `(redacted: ${bodyBytes ?? '?'} bytes; --body prints it)`))
  else lines.push('body', indent(pretty(body)))
  return `${lines.join('\n')}\n`
}

function line(name: string, value: string | number): string {
  return `${name.padEnd(13)} ${printable(String(value))}`
}

function indent(text: string): string {
  return printableLines(text).replaceAll(/^/gm, '  ')
}

/** Indents JSON; other text stays as it is. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2)
  } catch {
    return text
  }
}
