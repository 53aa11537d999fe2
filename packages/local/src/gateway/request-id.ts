import { randomFillSync } from 'node:crypto'

const size = 11
const pool = Buffer.alloc(size * 512)
let used = pool.length

/** A request id in the shape of API Gateway's: `JKJaXmPLvHcESHA=`. */
export function requestId(): string {
  // Random bytes cost a system call: many ids are made of one.
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += size
  return pool.toString('base64', used - size, used)
}
