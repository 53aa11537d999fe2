import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** `adaptive`: kept while invocations follow one another within 100 ms. */
export type Keeping = 'kept' | 'closed' | 'adaptive'

/** The event of an invocation. */
export interface EnvironmentOrder {
  /** Keys, a list for each batch. */
  readonly batches: readonly (readonly string[])[]
  /** The time limit of the invocation, in milliseconds. */
  readonly ms: number
  /** The handling of its connections before it answers. */
  readonly connections: Keeping
}

/** The answer of an invocation. */
export interface EnvironmentAnswer {
  /** The written keys. */
  readonly done: readonly string[]
  /** The number of open sockets. */
  readonly open: number
  /** The number of failed statements, in this and earlier invocations. */
  readonly failures: number
  /** Milliseconds that the invocation took. */
  readonly ms: number
}

/** A process that is frozen between invocations. */
export interface TestEnvironment {
  /** Resumes the process, waits for its answer and freezes it again; `undefined` if the process died. */
  invoke(order: EnvironmentOrder): Promise<EnvironmentAnswer | undefined>
  thaw(): void
  kill(signal?: NodeJS.Signals): void
  /** Exit code and signal. */
  readonly gone: Promise<unknown>
}

const main = fileURLToPath(new URL('environment-main.ts', import.meta.url))
const banner =
  "import { createRequire } from 'node:module'; globalThis.require = createRequire(import.meta.url)"

/** Bundles the environment to one file, which reduces its start to a tenth of the time. The second value removes it. */
export async function bundleEnvironment(): Promise<{ readonly file: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-environment-'))
  const file = join(folder, 'environment.mjs')
  await build({
    entryPoints: [main],
    outfile: file,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    conditions: ['spillway:source', 'node', 'module'],
    external: ['pg-native'],
    banner: { js: banner },
    logLevel: 'silent',
  })
  return { file, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

/** Starts an environment with a share of this many connections, and freezes it. */
export async function startTestEnvironment(
  file: string,
  url: string,
  share: number,
  variables: Record<string, string> = {},
): Promise<TestEnvironment> {
  const child = fork(file, {
    execArgv: [],
    env: { ...process.env, DATABASE_URL: url, SPILLWAY_CONNECTIONS: String(share), ...variables },
  })
  const gone = once(child, 'exit')
  const died = gone.then(() => Promise.reject(new Error('the environment ended before it was ready')))
  await Promise.race([once(child, 'message'), died])
  died.catch(() => undefined)
  const freeze = () => void child.kill('SIGSTOP')
  freeze()
  return {
    gone,
    thaw: () => void child.kill('SIGCONT'),
    kill: (signal = 'SIGKILL') => void child.kill(signal),
    async invoke(order) {
      child.kill('SIGCONT')
      const answer = await ask(child, order, gone)
      freeze()
      return answer
    },
  }
}

async function ask(
  child: ChildProcess,
  order: EnvironmentOrder,
  gone: Promise<unknown>,
): Promise<EnvironmentAnswer | undefined> {
  if (!child.connected) return undefined
  const { promise, resolve } = Promise.withResolvers<EnvironmentAnswer | undefined>()
  child.once('message', resolve as (message: unknown) => void)
  child.send(order, () => undefined)
  void gone.then(() => resolve(undefined))
  return promise
}
