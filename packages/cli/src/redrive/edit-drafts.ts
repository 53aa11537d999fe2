import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { toError } from '@spillway/message'

/** Keeps edited text until its copy was sent, so that a failed send does not lose it. */
export interface EditDrafts {
  /** The edited text of a copy that was not sent; `undefined` when there is none. */
  read(id: string): Promise<string | undefined>
  keep(id: string, text: string): Promise<void>
  drop(id: string): Promise<void>
  /** The files that this run leaves, by the id of the copy. */
  kept(): ReadonlyMap<string, string>
}

/** The folder for the state of programs ("XDG Base Directory Specification"). */
export function draftsFolder(): string {
  return join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'spillway', 'edits')
}

/**
 * Keeps edits in files that only the user can read.
 *
 * @param warn gets a warning when a file cannot be written; the redrive continues without it
 */
export function fileDrafts(warn: (text: string) => void, folder: string = draftsFolder()): EditDrafts {
  const kept = new Map<string, string>()
  // An id is untrusted and must not lead out of the folder.
  const fileOf = (id: string) => join(folder, `${id.replaceAll(/[^\w-]/g, '_').slice(0, 100)}.json`)
  return {
    async read(id) {
      const file = fileOf(id)
      const text = await readFile(file, 'utf8').catch(() => undefined)
      if (text !== undefined) kept.set(id, file)
      return text
    },
    async keep(id, text) {
      const file = fileOf(id)
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 })
        await writeFile(file, text, { mode: 0o600 })
        kept.set(id, file)
      } catch (thrown) {
        warn(
          `Your edit cannot be saved to ${file} (${toError(thrown).message}): it is lost if it is not sent.`,
        )
      }
    },
    async drop(id) {
      kept.delete(id)
      // A file that cannot be removed is harmless: the next run opens it again.
      await rm(fileOf(id), { force: true }).catch(() => undefined)
    },
    kept: () => kept,
  }
}
