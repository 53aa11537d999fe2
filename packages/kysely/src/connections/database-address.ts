/** What a driver's options say of where a database is. */
interface Address {
  readonly host?: unknown
  readonly port?: unknown
  readonly database?: unknown
  readonly socketPath?: unknown
}

/**
 * Says which database a pool connects to: its host, its port and its name. Two texts for one database, such as an alias of
 * the host, are two databases.
 */
export function databaseAddress(
  connectionString: string | undefined,
  config: object | undefined,
  defaults: Address,
): string {
  const given = { ...defaults, ...withoutUndefined(config ?? {}), ...read(connectionString) } as Address
  const { host, port, database, socketPath } = given
  return JSON.stringify([socketPath ?? host, String(port), database])
}

function read(connectionString: string | undefined): Address {
  if (connectionString === undefined) return {}
  if (!URL.canParse(connectionString)) return { host: connectionString }
  const { hostname, port, pathname, searchParams } = new URL(connectionString)
  return withoutUndefined({
    host: searchParams.get('host') || hostname || undefined,
    port: port || undefined,
    database: decodeURIComponent(pathname.slice(1)) || undefined,
  })
}

function withoutUndefined(values: object): Address {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}
