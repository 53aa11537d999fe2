const parent = process.ppid

/** Ends this process in an orderly way when its parent is gone, because `kill -9` of the parent sends no signal. */
export function endWithParent(): void {
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM')
  }, 250).unref()
}
