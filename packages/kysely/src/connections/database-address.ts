/** The options of a driver that say where a database is. */
interface Address {
  /** A connection string among the options of `pg`. */
  readonly connectionString?: unknown
  /** The same of `mysql2`. */
  readonly uri?: unknown
  readonly host?: unknown
  readonly port?: unknown
  readonly database?: unknown
  readonly socketPath?: unknown
}

/**
 * Identifies the database that a pool connects to, by its host, port and name. An alias of the host counts as another
 * database.
 */
export function databaseAddress(
  connectionString: string | undefined,
  config: object | undefined,
  defaults: Address,
): string {
  const own = withoutUndefined(config ?? {})
  const given: Address = { ...defaults, ...own, ...read(connectionString ?? own.connectionString ?? own.uri) }
  const { host, port, database, socketPath } = given
  return JSON.stringify([socketPath ?? host, String(port), database])
}

function read(connectionString: unknown): Address {
  if (typeof connectionString !== 'string') return {}
  if (!URL.canParse(connectionString)) return { host: connectionString }
  const { hostname, port, pathname, searchParams } = new URL(connectionString)
  return withoutUndefined({
    host: searchParams.get('host') || hostname || undefined,
    port: port || undefined,
    database: decoded(pathname.slice(1)) || undefined,
  })
}

/** A malformed encoding is left for the driver to refuse. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function withoutUndefined(values: object): Address {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}
