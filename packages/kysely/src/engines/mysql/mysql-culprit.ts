import type { Culprit } from '../culprit.ts'

/** The row: what this server refuses for a default has codes of its own. */
export async function mysqlCulprit(): Promise<Culprit> {
  return 'row'
}
