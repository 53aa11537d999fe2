import { execFile } from 'node:child_process'
import { SpillwayError } from '@spillway/message'

const mebibyte = 1024 * 1024

/** A user to run the server as: Postgres refuses root. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/**
 * The user that the server runs as: `nobody` when the present one is root, else `undefined`, the present one.
 *
 * @throws SpillwayError `SPILLWAY_START_FAILED` when there is no `nobody`.
 */
export async function serverAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', 'nobody']), run('id', ['-g', 'nobody'])])
    return { uid: Number(uid), gid: Number(gid) }
  } catch (cause) {
    throw new SpillwayError(
      'SPILLWAY_START_FAILED',
      'Postgres does not run as root, and there is no user `nobody` to run it as. Start as an ordinary user.',
      { cause },
    )
  }
}

/**
 * Runs a program to its end and gives its standard output.
 *
 * @param input what it reads
 * @throws Error that holds what the program wrote.
 */
export function run(
  program: string,
  args: readonly string[],
  account?: Account,
  input = '',
): Promise<string> {
  // Out of the terminal's process group: Ctrl-C must not leave half a data folder.
  const options = { ...spawnOptions(account), timeout: 60_000, detached: true }
  return new Promise((resolve, reject) => {
    const child = execFile(program, [...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${program} failed: ${stderr.trim() || stdout.trim() || error.message}`))
    })
    // Of a program that ended first the exit says more.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}

/** How every program of Postgres is started. */
export function spawnOptions(account: Account | undefined) {
  return {
    ...account,
    // The present folder may be one that the account cannot enter.
    cwd: '/',
    windowsHide: true,
    // Nothing of PG*, and no secrets of the developer in a process of another user.
    env: {
      PATH: process.env.PATH,
      LD_LIBRARY_PATH: process.env.LD_LIBRARY_PATH,
      SystemRoot: process.env.SystemRoot,
      LC_ALL: 'C',
      // glibc would give the memory of a large statement back at its end, or not, as it happens to lie, and each page of
      // it costs a fault in the next: on a virtual machine as much time as the statement itself.
      MALLOC_TRIM_THRESHOLD_: String(64 * mebibyte),
      MALLOC_MMAP_THRESHOLD_: String(32 * mebibyte),
    },
  }
}
