import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { SpillwayError } from '@spillway/message'

/**
 * Creates a function that opens a text in `$VISUAL` or `$EDITOR` and resolves with the saved text. It rejects with
 * `SPILLWAY_START_FAILED` when the editor fails. The file is in a new folder that only the user can read, and is removed
 * afterwards.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when neither variable is set
 */
export function openEditor(): (text: string) => Promise<string> {
  const editor = process.env.VISUAL || process.env.EDITOR
  if (!editor) {
    throw new SpillwayError('SPILLWAY_OPTION_INVALID', '--edit needs an editor: set VISUAL or EDITOR.')
  }
  return async function edit(text) {
    const folder = await mkdtemp(join(tmpdir(), 'spillway-cli-edit-'))
    const file = join(folder, 'body.json')
    try {
      await writeFile(file, text, { mode: 0o600 })
      await run(editor, file)
      return await readFile(file, 'utf8')
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}

/** Runs the editor in a shell, because the variable may contain arguments (`code --wait`). */
function run(editor: string, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', `${editor} "$@"`, editor, file], { stdio: 'inherit' })
    const failed = (why: string) =>
      reject(new SpillwayError('SPILLWAY_START_FAILED', `The editor '${editor}' failed (${why}).`))
    child.once('error', ({ message }) => failed(message))
    child.once('close', (code, signal) => (code === 0 ? resolve() : failed(String(signal ?? code))))
  })
}

/** Asks a yes-or-no question on the terminal. Enter means yes, the end of the input no. */
export async function askOnTerminal(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await new Promise((resolve) => {
      terminal.once('close', () => resolve(false))
      terminal.question(`${question} [Y/n] `, (answer) => resolve(!/^\s*n/i.test(answer)))
    })
  } finally {
    terminal.close()
  }
}
