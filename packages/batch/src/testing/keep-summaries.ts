import type { Logger } from '@spillway/message'
import type { BatchSummary } from '../summary.ts'

/** The line that a batch with failures leaves. */
export type SummaryLine = BatchSummary & { readonly held?: number }

/** A logger that keeps the line with the numbers of each batch and passes all others on. */
export function keepSummaries(logger: Logger): {
  readonly summaries: readonly SummaryLine[]
  readonly logger: Logger
} {
  const summaries: SummaryLine[] = []
  return {
    summaries,
    logger: {
      info: (message, fields) => logger.info(message, fields),
      warn(message, fields = {}) {
        if ('codes' in fields) summaries.push({ message, ...fields } as unknown as SummaryLine)
        else logger.warn(message, fields)
      },
      error: (message, fields) => logger.error(message, fields),
    },
  }
}
