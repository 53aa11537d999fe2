import middy from '@middy/core'
import { type BatchOptions, batch } from '@spillway/batch'
import { kinesisPartialBatchFailure, kinesisSource } from '@spillway/kinesis'
import type { Handler } from '../functions/functions.ts'
import type { StreamEnvironment } from '../simulate-stream.ts'
import { type RowBody, rowMessage } from './row-message.ts'
import { rowsWriter } from './write-rows.ts'

/** What {@link writeStreamRows} takes. */
export interface WriteStreamRowsOptions {
  readonly batch?: Omit<BatchOptions<RowBody>, 'clock' | 'random' | 'logger' | 'log'>
}

/** Creates a handler from the real packages that writes a row for each record of a stream. */
export function writeStreamRows(
  options: WriteStreamRowsOptions = {},
): (environment: StreamEnvironment) => Handler {
  return function start(environment) {
    const { clock, random, logger, park } = environment
    const chain = middy({ timeoutEarlyInMillis: 0 })
      .use(kinesisPartialBatchFailure({ logger }))
      .use(kinesisSource({ deadLetter: { put: async ({ reason }) => park(reason.code) }, logger, clock }))
      .handler(batch(rowMessage, rowsWriter(environment), { ...options.batch, clock, random, logger }))
    return chain as unknown as Handler
  }
}
