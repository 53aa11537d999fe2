import { chmodSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { freemem } from 'node:os'
import { join } from 'node:path'

const gibibyte = 2 ** 30

/** The file system of Linux in memory. */
const inMemory = '/dev/shm'

/**
 * Makes a folder in memory the temporary folder of this process and of its children, and deletes it at the end.
 *
 * Each embedded Postgres copies a thousand files. On a disk this takes more processor time than the rest of its start.
 * It does nothing if there is no such file system, if it is small, or if it does not allow programs.
 */
export function useMemoryFolder(): void {
  if (!isUsable()) return
  const folder = mkdtempSync(join(inMemory, 'spillway-tests-'))
  // As root, Postgres runs as another user.
  chmodSync(folder, 0o755)
  process.env.TMPDIR = folder
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }))
}

function isUsable(): boolean {
  try {
    const mount = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' '))
      .find(([, path]) => path === inMemory)
    const [, , type, options = ''] = mount ?? []
    if (type !== 'tmpfs' || options.split(',').includes('noexec')) return false
    const { bavail, bsize } = statfsSync(inMemory)
    return bavail * bsize > 8 * gibibyte && freemem() > 8 * gibibyte
  } catch {
    return false
  }
}
