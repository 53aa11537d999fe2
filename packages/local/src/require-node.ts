import { SpillwayError } from '@spillway/message'

/**
 * Throws a clear error when Node is too old, because npm only warns.
 *
 * @throws SpillwayError `SPILLWAY_START_FAILED`
 */
export function requireNode(version: string = process.versions.node): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 18)) return
  throw new SpillwayError(
    'SPILLWAY_START_FAILED',
    `The local runtime needs Node 22.18 or newer, which runs TypeScript and has SQLite; this is Node ${version}.`,
  )
}
