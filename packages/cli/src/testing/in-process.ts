import { vi } from 'vitest'
import { main } from '../main.ts'

/** The output and exit code of a command. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs `spillway` in the process of the test, which is faster than a new process. Only one at a time. */
export async function inProcess(args: readonly string[]): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += text
    return true
  })
  const err = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += text
    return true
  })
  try {
    const code = await main(args)
    return { code, stdout, stderr }
  } finally {
    out.mockRestore()
    err.mockRestore()
  }
}

/** The result of a command without the lines of progress, which appear only if it takes more than two seconds. */
export function withoutProgress(ended: Ended): Ended {
  return { ...ended, stderr: ended.stderr.replaceAll(/^redriven \d+ of about .*\n/gm, '') }
}
