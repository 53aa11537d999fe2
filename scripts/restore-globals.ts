import { afterAll, vi } from 'vitest'

// Test files that share a worker share its globals, so the changes of a file are undone after its last test.
afterAll(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
})
