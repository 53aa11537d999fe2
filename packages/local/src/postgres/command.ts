import { execFile } from 'node:child_process'
import { SpillwayError } from '@spillway/message'

const mebibyte = 1024 * 1024

/** The user to run the server as. Postgres refuses to run as root. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/**
 * The user to run the server as: `nobody` when the current user is root, otherwise `undefined` for the current user.
 *
 * @throws SpillwayError `SPILLWAY_START_FAILED` when there is no `nobody`.
 */
export async function serverAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  nobody ??= findNobody()
  return nobody
}

let nobody: Promise<Account> | undefined

async function findNobody(): Promise<Account> {
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
 * Runs a program to its end and resolves with its standard output.
 *
 * @param input its standard input
 * @throws Error with the output of the program.
 */
export function run(
  program: string,
  args: readonly string[],
  account?: Account,
  input = '',
): Promise<string> {
  // Not in the terminal's process group, so that Ctrl-C does not leave an incomplete data folder.
  const options = { ...spawnOptions(account), timeout: 60_000, detached: true }
  return new Promise((resolve, reject) => {
    const child = execFile(program, [...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${program} failed: ${stderr.trim() || stdout.trim() || error.message}`))
    })
    // If the program has ended, its exit reports the better error.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}

/** The options with which every program of Postgres is started. */
export function spawnOptions(account: Account | undefined) {
  return {
    ...account,
    // The account may not be allowed to enter the current folder.
    cwd: '/',
    windowsHide: true,
    // No PG* variables, and no secrets of the developer in a process of another user.
    env: {
      PATH: process.env.PATH,
      LD_LIBRARY_PATH: process.env.LD_LIBRARY_PATH,
      SystemRoot: process.env.SystemRoot,
      LC_ALL: 'C',
      // Without this, glibc may return the memory of a large statement to the system. On a virtual machine the page
      // faults of the next statement then take as long as the statement itself.
      MALLOC_TRIM_THRESHOLD_: String(64 * mebibyte),
      MALLOC_MMAP_THRESHOLD_: String(32 * mebibyte),
    },
  }
}
