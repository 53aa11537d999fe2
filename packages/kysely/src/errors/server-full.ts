import { classifyError } from './classify-error.ts'

/**
 * Whether the server, or RDS Proxy before it, had no room for a connection. A pool of this environment that was busy
 * for too long also counts as saturation, but says nothing about the server: fewer connections would not help it.
 */
export function isServerFull(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'code' in error && classifyError(error) === 'saturation'
  )
}
