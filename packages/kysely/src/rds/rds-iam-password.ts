import { SpillwayError } from '@spillway/message'
import {
  checkOptions,
  integer,
  nonEmptyString,
  type OptionRules,
  objectWith,
} from '@spillway/message/internal'

/** Creates tokens, as the `Signer` of `@aws-sdk/rds-signer` does. */
export interface RdsSigner {
  getAuthToken(): Promise<string>
}

/** Options of {@link rdsIamPassword}. */
export interface RdsIamPasswordOptions {
  /** The endpoint of the instance, the cluster or the proxy. A token is not valid for your own CNAME. */
  readonly hostname: string
  /** The port. Set 3306 for MySQL. Default 5432. */
  readonly port?: number
  /** The database user, with `rds_iam` (Postgres) or `AWSAuthenticationPlugin` (MySQL). */
  readonly username: string
  /** The region. Default: that of the SDK, which is `AWS_REGION` on Lambda. */
  readonly region?: string
  /** Creates the tokens. Default: a `Signer` of `@aws-sdk/rds-signer`, a peer dependency that your app installs. */
  readonly signer?: RdsSigner
}

/** A password that is a new token for each connection: for `pg` directly, for `mysql2` by `authPlugins`. */
export interface RdsIamPassword {
  /**
   * Creates a token.
   *
   * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when `pg` asks for it on a connection without TLS: the token would
   * be sent unencrypted.
   */
  (parameters?: { readonly ssl?: unknown }): Promise<string>
  /** For `authPlugins` of `mysql2`. It refuses a connection without TLS. */
  readonly authPlugins: {
    mysql_clear_password(context: { readonly connection: object }): () => Promise<Buffer>
  }
}

const rules: OptionRules<RdsIamPasswordOptions> = {
  hostname: nonEmptyString(255),
  port: integer(1, 65_535),
  username: nonEmptyString(),
  region: { ...nonEmptyString(), required: false },
  signer: objectWith('getAuthToken'),
}

/**
 * Creates the password of a database user that signs in with IAM. Each new connection gets a new token, and open
 * connections stay open: a token is valid for 15 minutes, and is checked only when a connection starts. Tokens are not
 * cached: signing is local and takes a millisecond, and a cached token can outlive the credentials that signed it.
 *
 * Needs `rds-db:connect`, and TLS; see {@link rdsTls}.
 *
 * Source: Amazon RDS User Guide, "IAM database authentication for MariaDB, MySQL, and PostgreSQL".
 *
 * @example
 * ```ts
 * import { mysqlPool, postgresPool } from '@spillway/kysely'
 * import { rdsIamPassword, rdsTls } from '@spillway/kysely/rds'
 * import { createPool } from 'mysql2'
 * import { Pool } from 'pg'
 *
 * const database = { hostname: 'orders.abc.eu-west-1.rds.amazonaws.com', username: 'writer' }
 * const login = { host: database.hostname, user: database.username, ssl: rdsTls() }
 *
 * const postgres = postgresPool({ Pool, config: { ...login, password: rdsIamPassword(database) } })
 *
 * const { authPlugins } = rdsIamPassword({ ...database, port: 3306 })
 * const mysql = mysqlPool({ createPool, config: { ...login, authPlugins } })
 * ```
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range.
 */
export function rdsIamPassword(options: RdsIamPasswordOptions): RdsIamPassword {
  checkOptions('rdsIamPassword', options, rules)
  let signing: Promise<RdsSigner> | undefined

  async function token(): Promise<string> {
    signing ??= options.signer === undefined ? createSigner(options) : Promise.resolve(options.signer)
    return (await signing).getAuthToken()
  }

  async function rdsPassword(parameters?: { readonly ssl?: unknown }): Promise<string> {
    if (parameters !== undefined) requireTls(parameters.ssl)
    return token()
  }

  return Object.assign(rdsPassword, {
    authPlugins: {
      mysql_clear_password: ({ connection }: { readonly connection: object }) => {
        return async function sendToken() {
          requireTls((connection as { config?: { ssl?: unknown } }).config?.ssl)
          return Buffer.from(`${await token()}\0`)
        }
      },
    },
  })
}

async function createSigner({ hostname, port = 5432, username, region }: RdsIamPasswordOptions) {
  const { Signer } = await import('@aws-sdk/rds-signer')
  return new Signer({ hostname, port, username, ...(region !== undefined && { region }) })
}

function requireTls(ssl: unknown): void {
  if (ssl) return
  throw new SpillwayError(
    'SPILLWAY_OPTION_INVALID',
    'rdsIamPassword: the connection has no TLS, and the token would be sent unencrypted. Give the pool `ssl: rdsTls()`.',
  )
}
