import { randomFillSync } from 'node:crypto'

const size = 11
const pool = Buffer.alloc(size * 512)
let used = pool.length

/** Creates a request id in the format of API Gateway: `JKJaXmPLvHcESHA=`. */
export function requestId(): string {
  // Getting random bytes is a system call, so one call serves many ids.
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += size
  return pool.toString('base64', used - size, used)
}
