const parent = process.ppid

/** Ends this process, in an orderly way, when the one that started it is gone: `kill -9` tells nobody. */
export function endWithParent(): void {
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM')
  }, 250).unref()
}
