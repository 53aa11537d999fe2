import middy from '@middy/core'
import { kinesisPartialBatchFailure } from '@spillway/kinesis'
import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda'

declare function handleRecord(record: KinesisStreamRecord): Promise<void>

export const handler = middy()
  .use(kinesisPartialBatchFailure())
  .handler(async (event: KinesisStreamEvent) => {
    const settled: PromiseSettledResult<void>[] = []
    for (const record of event.Records) settled.push(...(await Promise.allSettled([handleRecord(record)])))
    return settled
  })
