import { randomUUID } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { FailureDestination } from './destination.ts'
import { toInvocationRecord } from './invocation-record.ts'

/**
 * A folder that replaces an S3 bucket. Each object is a file with the complete records. Its name is as on Lambda:
 * `aws/lambda/<mapping>/<shard>/<year>/<month>/<day>/<time>-<id>`.
 *
 * @param folder the folder of the bucket; created when needed
 */
export function bucketDestination(folder: string): Required<FailureDestination> {
  const mapping = randomUUID()
  return {
    place: folder,
    async send(batch) {
      const time = new Date(batch.time).toISOString().slice(0, 19).replaceAll(':', '.')
      const day = time.slice(0, 10).split('-')
      const shardId = batch.records[0]?.shardId ?? 'none'
      const name = `${time}-${randomUUID()}`
      const file = join(folder, 'aws', 'lambda', mapping, shardId, ...day, name)
      await mkdir(dirname(file), { recursive: true })
      // Written under another name first, so that the folder never contains an incomplete object.
      await writeFile(`${file}.part`, JSON.stringify(toInvocationRecord(batch, { payload: true })))
      await rename(`${file}.part`, file)
    },
  }
}
