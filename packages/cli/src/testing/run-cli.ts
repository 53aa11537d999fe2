import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

/** A running command. */
export interface RunningCli {
  readonly child: ChildProcess
  /** Its output so far. */
  stdout(): string
  stderr(): string
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>
}

const bin = join(import.meta.dirname, '..', 'bin.ts')

/** Runs `spillway` in a new process. */
export function runCli(args: readonly string[], environment: Record<string, string> = {}): RunningCli {
  const child = spawn(process.execPath, ['--conditions=spillway:source', bin, ...args], {
    env: { ...pick('PATH', 'TMPDIR', 'HOME', 'NODE_COMPILE_CACHE'), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
  return { child, stdout: () => stdout, stderr: () => stderr, ended }
}

function pick(...names: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(names.map((name) => [name, process.env[name]]))
}
