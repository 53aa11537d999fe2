/** What a runtime tells its reaper: one JSON array a line. */
export type ReaperOrder =
  | readonly ['watch', pid: number, signal: NodeJS.Signals]
  | readonly ['unwatch', pid: number]
  | readonly ['remove', folder: string]
