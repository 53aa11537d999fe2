/**
 * The meaning of a failed statement for the batch:
 *
 * - `saturation`: the database has no free connection; nothing was executed
 * - `busy`: other uses of this environment have all its connections; nothing was executed
 * - `connection`: the connection was lost, or leads to a server that no longer accepts writes
 * - `transient`: a conflict with another transaction; the same statement may succeed at once
 * - `locked`: another transaction holds a lock for too long; a smaller statement may not need it
 * - `tooSlow`: the statement takes too long or is too large; a smaller one may succeed
 * - `server`: the server has an internal error, such as an unreadable file; other rows may succeed
 * - `systemic`: every record would fail: wrong password, missing table, full disk
 * - `fault`: the database fails for a reason that no row caused: a sequence is exhausted, a partition is missing
 * - `permanent`: the database will always refuse the row
 * - `ordering`: a row refers to a row that does not exist yet
 * - `duplicate`: a row violates a unique constraint other than the conflict target
 * - `unknown`: none of these; retried, never parked
 */
export type Failure =
  | 'saturation'
  | 'busy'
  | 'connection'
  | 'transient'
  | 'locked'
  | 'tooSlow'
  | 'server'
  | 'systemic'
  | 'fault'
  | 'permanent'
  | 'ordering'
  | 'duplicate'
  | 'unknown'
