import { SpillwayError } from '@spillway/message'

/** Settings of postgresql.conf by name. */
export type Settings = Readonly<Record<string, string | number>>

/** The format of the log that `session-count.ts` reads. */
const logSettings: Settings = {
  log_destination: 'stderr',
  logging_collector: 'off',
  log_connections: 'setup_durations',
  log_disconnections: 'on',
  log_line_prefix: '[%p:%u:%e] ',
  lc_messages: 'C',
  log_min_messages: 'warning',
  // Long entries of several processes can be mixed in a pipe, and details would write payloads into the log.
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
}

/**
 * The text of postgresql.conf: defaults, then `extra`, then the settings that this runtime depends on.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` for a setting of this runtime, or an invalid one.
 */
export function configuration(
  options: { readonly maxConnections: number; readonly reserved: number },
  extra: Settings = {},
): string {
  const superuserReserved = Math.min(3, options.reserved)
  const fixed: Settings = {
    ...logSettings,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: options.maxConnections,
    superuser_reserved_connections: superuserReserved,
    reserved_connections: options.reserved - superuserReserved,
    // In the data folder, so that a crash leaves nothing behind when the folder is deleted.
    dynamic_shared_memory_type: 'mmap',
  }
  for (const name of Object.keys(extra)) {
    if (Object.hasOwn(fixed, name) || name === 'port') throw invalid(`${name} is set by the runtime itself`)
    if (!/^[a-z_]\w*(\.[a-z_]\w*)?$/i.test(name)) throw invalid(`${JSON.stringify(name)} is not a name`)
  }
  return Object.entries({ timezone: 'UTC', ...extra, ...fixed })
    .map(([name, value]) => `${name} = ${quoted(name, String(value))}\n`)
    .join('')
}

function quoted(name: string, value: string): string {
  if (/[\0\r\n]/.test(value)) throw invalid(`the value of ${name} has more than one line`)
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}

function invalid(why: string): SpillwayError {
  return new SpillwayError('SPILLWAY_OPTION_INVALID', `Invalid settings of Postgres: ${why}.`)
}
