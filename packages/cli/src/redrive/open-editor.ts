import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { SpillwayError } from '@spillway/message'

/**
 * Makes what opens `$VISUAL` or `$EDITOR` with a text, and resolves to what was saved. The file lies in a folder of its
 * own, which nobody else can read, and is gone afterwards.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` where neither is set; resolves to nothing, but rejects with
 * `SPILLWAY_START_FAILED` when the editor fails
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

/** Runs the editor through a shell, because it may have arguments, as `code --wait` does. */
function run(editor: string, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', `${editor} "$@"`, editor, file], { stdio: 'inherit' })
    const failed = (why: string) =>
      reject(new SpillwayError('SPILLWAY_START_FAILED', `The editor '${editor}' failed (${why}).`))
    child.once('error', ({ message }) => failed(message))
    child.once('close', (code, signal) => (code === 0 ? resolve() : failed(String(signal ?? code))))
  })
}

/** Asks a question on the terminal. The end of the input is a no, Enter a yes. */
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
