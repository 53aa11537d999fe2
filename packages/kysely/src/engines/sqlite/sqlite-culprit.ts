import type { Culprit } from '../culprit.ts'

/** The row: what this server refuses for a default has codes of its own. */
export async function sqliteCulprit(): Promise<Culprit> {
  return 'row'
}
