import type { ParkReason } from '@spillway/message'
import { storableText } from '../dialects/storable-text.ts'

/** The columns of a {@link ParkReason}. */
export interface ReasonColumns {
  readonly code: string
  readonly detail: string
  /** JSON text; the driver may return it parsed. */
  readonly issues: string | null
}

const maxCode = 128
const maxText = 1_000
const maxIssues = 20

/**
 * A reason in the form that the table stores: without characters that Postgres refuses, and at most about 40 KB. The
 * dead-letter queue has the whole reason.
 */
export function toColumns({ code, detail, issues }: ParkReason): ReasonColumns {
  const kept = issues?.slice(0, maxIssues).map(({ path, message }) => ({
    path: storableText(path, maxText),
    message: storableText(message, maxText),
  }))
  return {
    code: storableText(code, maxCode),
    detail: storableText(detail, maxText),
    issues: kept === undefined ? null : JSON.stringify(kept),
  }
}

/** Reads a reason from its columns. */
export function fromColumns({ code, detail, issues }: ReasonColumns): ParkReason {
  if (issues === null) return { code, detail }
  return { code, detail, issues: typeof issues === 'string' ? JSON.parse(issues) : issues }
}
