import { afterAll, vi } from 'vitest'

// Files that share a worker share its globals: what a file changed is restored after its last test.
afterAll(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
})
