import { isUtf8 } from 'node:buffer'
import { decodeMessage, type Issue, type MessageDefinition, SpillwayError, toError } from '@spillway/message'
import { validate } from '@spillway/message/internal'
import { printable } from '../parked/printable.ts'
import { type ParkedCopy, readEnvelope } from '../parked/read-copy.ts'
import type { Outgoing } from './copy-target.ts'
import type { EditDrafts } from './edit-drafts.ts'
import { parseLossless, stringifySendable } from './lossless-json.ts'
import { askOnTerminal, openEditor } from './open-editor.ts'

/** The options of {@link createEditor}. */
export interface EditOptions {
  /** Validates edited bodies. */
  readonly definition: MessageDefinition | undefined
  /** Keeps edited text until its copy was sent. Default: nothing is kept. */
  readonly drafts?: EditDrafts
  /** Lets the user edit a text. Default: in `$VISUAL` or `$EDITOR`. */
  readonly edit?: (text: string) => Promise<string>
  /** Asks whether to edit again. Default: on the terminal. */
  readonly ask?: (question: string) => Promise<boolean>
  /** Prints a line. Default: on standard error. */
  readonly say?: (text: string) => void
}

/** The editable part of a message: the body of its envelope, or all of it when it is not an envelope. */
interface Editable {
  readonly text: string
  /**
   * Builds the message to send.
   *
   * @throws SyntaxError when the text was JSON and the edited text is not
   */
  rebuild(edited: string): string
}

/**
 * Creates a function that lets the user edit the body of a copy before it is sent. For an invalid body it prints the
 * issues and offers to edit again. An unchanged file sends the copy unchanged; an empty file leaves the copy in the
 * queue. An edit of an earlier run that was not sent is opened again.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when no editor is set
 */
export function createEditor(options: EditOptions): (copy: ParkedCopy) => Promise<Outgoing | undefined> {
  const {
    definition,
    drafts,
    edit = openEditor(),
    ask = askOnTerminal,
    say = (text) => process.stderr.write(`${text}\n`),
  } = options

  return async function editCopy(copy) {
    const editable = toEditable(copy)
    const draft = await drafts?.read(copy.id)
    let text = draft ?? editable.text
    const key = copy.key === undefined ? '' : `, key ${printable(copy.key)}`
    for (;;) {
      say(`Editing ${copy.id}${key}${draft === undefined ? '' : ' (your edit of an earlier run)'}`)
      text = await edit(text)
      const isUnchanged = text.trimEnd() === editable.text.trimEnd()
      if (isUnchanged || text.trim() === '') {
        await drafts?.drop(copy.id)
        return isUnchanged ? { copy, edited: undefined } : undefined
      }
      await drafts?.keep(copy.id, text)
      const { edited, problems } = await check(editable, text, definition)
      if (edited !== undefined && problems.length === 0) return { copy, edited }
      for (const problem of problems) say(printable(problem))
      if (!(await ask('Edit again? No leaves the copy in the queue.'))) return undefined
    }
  }
}

function toEditable({ original }: ParkedCopy): Editable {
  if (original instanceof Error) throw original
  const { text, data } = original
  if (data !== undefined && !isUtf8(data)) {
    throw new SpillwayError('SPILLWAY_OPTION_INVALID', 'Its data is not text, so it cannot be edited here.')
  }
  const envelope = readEnvelope(text)
  if (envelope !== undefined && !('body' in envelope)) {
    throw new SpillwayError(
      'SPILLWAY_OPTION_INVALID',
      'The message is a claim check without its body, so it cannot be edited here.',
    )
  }
  if (envelope !== undefined) {
    const lossless = parseLossless(text) as Readonly<Record<string, unknown>>
    return {
      text: pretty(lossless.body),
      rebuild: (edited) => stringifySendable({ ...lossless, body: parseLossless(edited) }),
    }
  }
  try {
    return {
      text: pretty(parseLossless(text)),
      rebuild: (edited) => stringifySendable(parseLossless(edited)),
    }
  } catch {
    return { text, rebuild: (edited) => edited }
  }
}

function pretty(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}

/** Builds the edited message and validates it. */
async function check(
  editable: Editable,
  text: string,
  definition: MessageDefinition | undefined,
): Promise<{ readonly edited?: string; readonly problems: readonly string[] }> {
  let edited: string
  try {
    edited = editable.rebuild(text)
  } catch (thrown) {
    return { problems: [`It is not JSON: ${toError(thrown).message}`] }
  }
  return { edited, problems: definition === undefined ? [] : await problemsOf(edited, definition) }
}

async function problemsOf(text: string, definition: MessageDefinition): Promise<readonly string[]> {
  if (readEnvelope(text) === undefined) {
    const validated = await validate(definition.schema, JSON.parse(text))
    return validated.ok ? [] : validated.issues.map(issueText)
  }
  const decoded = await decodeMessage(definition, text)
  if (decoded.ok) return []
  const { detail, issues = [] } = decoded.reason
  return [detail, ...issues.map(issueText)]
}

function issueText({ path, message }: Issue): string {
  return `  ${path === '' ? '(body)' : path}: ${message}`
}
