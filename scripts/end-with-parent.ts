const parent = process.ppid

/** Shuts this process down when its parent has ended, because `kill -9` of the parent sends it no signal. */
export function endWithParent(): void {
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM')
  }, 250).unref()
}
