import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { toError } from '@spillway/message'

/** Keeps what an operator has edited until it has gone back: a send that fails must not cost the work. */
export interface EditDrafts {
  /** What was edited of a copy, and did not go back; `undefined` where there is nothing. */
  read(id: string): Promise<string | undefined>
  keep(id: string, text: string): Promise<void>
  drop(id: string): Promise<void>
  /** The files of this run that are still there, by the id of the copy. */
  kept(): ReadonlyMap<string, string>
}

/** Where state of programs belongs that is not configuration ("XDG Base Directory Specification"). */
export function draftsFolder(): string {
  return join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'spillway', 'edits')
}

/**
 * Drafts in files that only the user can read.
 *
 * @param warn gets what is to be said when a draft cannot be written: the redrive goes on without it
 */
export function fileDrafts(warn: (text: string) => void, folder: string = draftsFolder()): EditDrafts {
  const kept = new Map<string, string>()
  // An id comes from a queue, and must not lead out of the folder.
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
          `Your edit cannot be kept in ${file} (${toError(thrown).message}): if it is not sent, it is lost.`,
        )
      }
    },
    async drop(id) {
      kept.delete(id)
      // A file that stays is opened again, and says nothing that is not true.
      await rm(fileOf(id), { force: true }).catch(() => undefined)
    },
    kept: () => kept,
  }
}
