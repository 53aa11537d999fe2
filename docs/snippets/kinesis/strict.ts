import { kinesisTarget } from '@spillway/kinesis'

export const to = kinesisTarget({ streamName: process.env.STREAM_NAME, order: 'strict' })
