/** A message from the runtime to its reaper, one JSON array per line. */
export type ReaperOrder =
  | readonly ['watch', pid: number, signal: NodeJS.Signals]
  | readonly ['unwatch', pid: number]
  | readonly ['remove', folder: string]
